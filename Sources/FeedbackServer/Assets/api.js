// Talking to the server: JSON both ways, and errors that say whether trying again can help.

export class ServerError extends Error {
  /** @param {number} status  0 where the server could not be reached */
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** The same request may succeed later: the server is away, busy, or wants a new session. */
  get isPassing() {
    return [0, 401, 408, 429].includes(this.status) || this.status >= 500;
  }
}

const patience = 20_000;

/** @returns {Promise<any>} what the server answers */
export async function request(method, path, body) {
  const response = await send(method, path, body, AbortSignal.timeout(patience));
  return response.status === 204 ? null : response.json();
}

/** A response that is still being written; its end may take as long as it likes. */
export function stream(method, path, body) {
  return send(method, path, body, null);
}

async function send(method, path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ServerError(0, "The server cannot be reached.");
  }
  if (response.ok) return response;
  throw new ServerError(response.status, await explanation(response));
}

async function explanation(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

/** The lines of a response, each parsed as JSON, as they come in. */
export async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    pending += value;
    const complete = pending.split("\n");
    pending = complete.pop();
    for (const line of complete) if (line) yield JSON.parse(line);
  }
  if (pending) yield JSON.parse(pending);
}
