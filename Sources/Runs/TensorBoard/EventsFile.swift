import Files
import Foundation

/// TensorBoard's view of a run's metrics, `events.out.tfevents.*`: one scalar per metric and step, rounded to
/// fp32.
///
/// The file is made from the records of metrics.jsonl and the start of the run alone. A record's wall time is
/// the start plus its training seconds, so pauses between an interruption and its resumption do not show.
final class EventsFile {
    static let namePrefix = "events.out.tfevents."

    private let file: AppendableFile
    private let started: Date

    /// Writes a new events file with the records so far, and removes earlier ones.
    ///
    /// - Parameters:
    ///   - now: stamps the name. A TensorBoard that is looking on moves to the file with the latest name, and
    ///     the session start in it makes it forget the steps that a resumed run has taken back.
    init(folder: URL, started: Date, now: Date, records: [MetricsRecord]) throws {
        self.started = started
        let url = folder.appendingPathComponent("\(Self.namePrefix)\(Int(now.timeIntervalSince1970)).heed")
        try AtomicFile.write(to: url) { writer in
            try writer.write(Self.framed(Self.event(.version, at: started)))
            try writer.write(Self.framed(Self.event(.sessionStart, at: started)))
            for record in records { try writer.write(Self.framed(Self.event(of: record, started: started))) }
        }
        for other in try FileSystem.contents(of: folder)
        where other.lastPathComponent.hasPrefix(Self.namePrefix)
            && other.lastPathComponent != url.lastPathComponent
        {
            try FileSystem.remove(other)
        }
        file = try AppendableFile(url)
    }

    func append(_ record: MetricsRecord) throws {
        try file.append(Self.framed(Self.event(of: record, started: started)))
    }

    func synchronize() throws { try file.synchronize() }

    // MARK: Messages

    private static func event(_ content: EventMessage.Content, at started: Date) -> EventMessage {
        EventMessage(wallTime: started.timeIntervalSince1970, content: content)
    }

    private static func event(of record: MetricsRecord, started: Date) -> EventMessage {
        let progress = [("epoch", record.epoch), ("tokens", Double(record.tokens))]
        return EventMessage(
            wallTime: started.timeIntervalSince1970 + record.seconds, step: record.step,
            content: .scalars((progress + record.metrics.map { ($0.name, $0.value) }).map { ($0, Float($1)) })
        )
    }

    // MARK: Records

    /// A message as TensorFlow's record format frames it: length (8 bytes, little-endian), its masked
    /// checksum, the message, its masked checksum.
    private static func framed(_ event: EventMessage) -> Data {
        let message = event.bytes
        let length = littleEndian(UInt64(message.count))
        return length + littleEndian(CRC32C.masked(of: length)) + message
            + littleEndian(CRC32C.masked(of: message))
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }
}
