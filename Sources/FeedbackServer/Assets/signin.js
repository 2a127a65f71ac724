// A link from elsewhere brings no cookie along, so that somebody who is signed in may come to the sign-in page. From here
// the cookie is sent: if it opens a session, the page asked for follows.

import { find } from "./dom.js";

const response = await fetch("/api/session");
if (response.ok) location.replace(find("#sign-in").dataset.next);
