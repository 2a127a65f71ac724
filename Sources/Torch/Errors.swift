import CTorch

/// What libtorch could not do, in its words.
public struct TorchError: Error, CustomStringConvertible {
    public let description: String
}

/// Runs `body` so that a failing tensor operation throws instead of trapping.
///
/// The first failure is kept; operations after it work on undefined tensors, fail too and are ignored, and the failure is
/// thrown when `body` returns, before anything `body` itself threw. Meant for one training or generation step: out of
/// memory, a lost device. Inside it, values read from a failed tensor are empty arrays and NaN: do not index into them.
/// Calls nest, and each throws its own first failure.
public func catchingErrors<Value>(_ body: () throws -> Value) throws -> Value {
    ctorch_begin_collecting_errors()
    let result = Result(catching: body)
    let message = String(cString: ctorch_end_collecting_errors())
    guard message.isEmpty else { throw TorchError(description: message) }
    return try result.get()
}

/// Traps on a failed call, or keeps its message inside `catchingErrors`.
func check(_ status: Int32) {
    guard status != 0, !ctorch_collect_last_error() else { return }
    // Not preconditionFailure: a release build would trap without a word.
    fatalError(String(cString: ctorch_last_error()))
}

/// For calls whose failure depends on the machine or on the user.
func checkThrowing(_ status: Int32) throws {
    if status != 0 { throw TorchError(description: String(cString: ctorch_last_error())) }
}
