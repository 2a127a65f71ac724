import CTorch

/// What libtorch could not do, in its words.
public struct TorchError: Error, CustomStringConvertible {
    public let description: String
}

/// Runs `body` so that a failing tensor operation throws instead of trapping.
///
/// The first failure is kept; operations after it work on undefined tensors, fail too and are ignored, and the failure is
/// thrown when `body` returns. Meant for one training or generation step: out of memory, a lost device.
public func catchingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    let depth = ctorch_error_collection_depth()
    guard let depth else { return try body() }
    depth.pointee += 1
    defer {
        depth.pointee -= 1
        if depth.pointee == 0 { ctorch_clear_collected_error() }
    }
    let result = Swift.Result(catching: body)
    let message = String(cString: ctorch_first_collected_error())
    guard message.isEmpty else { throw TorchError(description: message) }
    return try result.get()
}

/// Traps on a failed call, or keeps its message inside `catchingErrors`.
func check(_ status: Int32) {
    guard status != 0 else { return }
    guard let depth = ctorch_error_collection_depth(), depth.pointee > 0 else {
        preconditionFailure(String(cString: ctorch_last_error()))
    }
    ctorch_collect_error(ctorch_last_error())
}

/// For calls whose failure depends on the machine or on the user.
func checkThrowing(_ status: Int32) throws {
    if status != 0 { throw TorchError(description: String(cString: ctorch_last_error())) }
}
