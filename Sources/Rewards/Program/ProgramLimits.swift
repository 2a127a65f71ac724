import Settings

/// How much a program that scores answers may take: time, memory, processes, output.
public struct ProgramLimits: Equatable, Sendable {
    /// Copies of the program that work side by side.
    public var workers = 1
    /// Answers that each of them is given at once.
    public var batch = 1
    /// Seconds for each answer; the first includes the program's start.
    public var timeout = 30.0
    /// Seconds for all answers that are scored together; nil: as many as their own times allow.
    public var batchTimeout: Double?
    /// MiB of address space of each process.
    public var memory = 4096
    /// Processes and threads of each copy.
    public var processes = 64
    /// KiB of output for each answer.
    public var output = 64
    /// MiB of each file that it writes.
    public var fileSize = 64
    /// Seconds of processor time of each process over its whole life; nil: any.
    public var processorTime: Int?

    public init() {}

    static let options = [
        "workers": "how many copies of the program work side by side, 1",
        "batch": "how many answers each of them is given at once, 1",
        "timeout": "seconds for each answer, 30",
        "batch_timeout": "seconds for all answers that are scored together",
        "memory": "MiB of each of its processes, 4096",
        "processes": "processes and threads of each copy, 64",
        "output": "KiB of output for each answer, 64",
        "file_size": "MiB of each file that it writes, 64",
        "cpu": "seconds of processor time of each process over its whole life",
    ]

    /// Those that only a confined program has.
    static let confining = ["memory", "processes", "file_size", "cpu"]

    init(_ argument: NamedArgument) throws {
        func count(_ option: String, _ standard: Int, to limit: Double = 1e6) throws -> Int {
            let number = try argument.number(option, default: Double(standard), from: 1, below: limit + 1)
            guard number == number.rounded() else { throw argument.unfit(option, expected: "a whole number") }
            return Int(number)
        }
        func seconds(_ option: String) throws -> Double? {
            guard argument.string(option) != nil else { return nil }
            return try argument.number(option, default: 0, from: 0.01, below: 1e6)
        }
        workers = try count("workers", workers, to: 256)
        batch = try count("batch", batch)
        timeout = try seconds("timeout") ?? timeout
        batchTimeout = try seconds("batch_timeout")
        memory = try count("memory", memory)
        processes = try count("processes", processes)
        output = try count("output", output)
        fileSize = try count("file_size", fileSize)
        processorTime = try argument.string("cpu").map { _ in try count("cpu", 1) }
    }
}
