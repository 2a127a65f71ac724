import CProcess

/// What keeps a program that scores answers from doing anything else, as far as the system it runs on can.
struct Confinement: OptionSet {
    let rawValue: UInt32

    static let privileges = Confinement(PROCESS_WITHOUT_PRIVILEGES)
    static let limits = Confinement(PROCESS_LIMITS)
    static let processCount = Confinement(PROCESS_COUNT_LIMIT)
    static let namespaces = Confinement(PROCESS_NAMESPACES)
    static let files = Confinement(PROCESS_FILES)
    static let sockets = Confinement(PROCESS_SOCKETS)
    static let connections = Confinement(PROCESS_TCP)
    static let endsWithParent = Confinement(PROCESS_ENDS_WITH_PARENT)

    static let all: Confinement = [
        .privileges, .limits, .processCount, .namespaces, .files, .sockets, .connections, .endsWithParent,
    ]

    init(rawValue: UInt32) { self.rawValue = rawValue }
    private init(_ constant: some BinaryInteger) { rawValue = UInt32(constant) }

    /// What holds and what does not, in two sentences for people.
    func statement(of limits: ProgramLimits) -> String {
        var (held, lacking): ([String], [String]) = ([], [])
        func state(_ part: Confinement, _ holding: String, otherwise: String) {
            if isSuperset(of: part) { held.append(holding) } else { lacking.append(otherwise) }
        }
        state(
            .files, "it writes to no file but those of a scratch folder (Landlock)",
            otherwise: "it may write wherever this user may")
        if isSuperset(of: [.sockets, .namespaces]) {
            held.append("it has no network (a namespace, and no sockets by seccomp)")
        } else if contains(.sockets) {
            held.append("it opens no socket (seccomp)")
        } else if contains(.namespaces) {
            held.append("it has no network (a namespace)")
        } else {
            state(
                .connections, "it makes no TCP connection (Landlock)", otherwise: "it may use the network")
        }
        state(.privileges, "it gains no rights (no_new_privs)", otherwise: "it may gain rights")
        state(
            .limits, "each of its processes has \(limits.memory) MiB and files of \(limits.fileSize) MiB",
            otherwise: "its memory and files have no limit")
        state(
            .processCount, "it has at most \(limits.processes) processes",
            otherwise: "how many processes it has is not limited")
        state(
            .namespaces, "all that it starts ends with it, and it with us (a namespace)",
            otherwise: contains(.endsWithParent)
                ? "it ends with us, and what it starts may not" : "it may outlive us where we are killed")
        return [("Confined:", held), ("Not confined:", lacking)].filter { !$0.1.isEmpty }
            .map { "\($0.0) \($0.1.joined(separator: "; "))." }.joined(separator: " ")
    }
}
