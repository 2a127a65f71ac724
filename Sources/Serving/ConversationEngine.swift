import LanguageModels
import Models

/// Models that answer conversations, one request after the other, on a thread of their own.
///
/// A tensor stays on the thread that works with it: the models are loaded, used and kept on this actor, whose executor is
/// one thread. Requests wait in the order in which they came; an error belongs to its request alone.
public actor ConversationEngine {
    private let thread = ModelThread()
    private var models: [ConversationModel] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Loads the models and lays their weights out for generation, for as long as the engine lives.
    public init(_ sources: [ModelSource], on computation: Computation) async throws {
        for source in sources {
            let model = try ConversationModel(source, on: computation)
            model.model.packWeights()
            models.append(model)
        }
    }

    deinit { thread.stop() }

    /// The answers to a request, piece by piece as they are written. Writing ends as soon as nobody reads them any more.
    ///
    /// - Parameter transform: what to make of a piece.
    /// - Returns: a stream that throws `GenerationError`, or what the chat template says, for a request that cannot be
    ///   answered.
    public nonisolated func answers<Piece: Sendable>(
        to request: ConversationRequest, as transform: @escaping @Sendable (ConversationPiece) -> Piece
    ) -> AsyncThrowingStream<Piece, any Error> {
        AsyncThrowingStream { continuation in
            let writing = Task {
                do {
                    try await write(request) { continuation.yield(transform($0)) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in writing.cancel() }
        }
    }

    /// Holds the thread from the first token to the last: a model's cache serves one request at a time.
    private func write(_ request: ConversationRequest, show: @Sendable (ConversationPiece) -> Void) throws {
        try Task.checkCancellation()
        let turn = try ConversationTurn(request, models: models)
        while !turn.isFinished {
            try Task.checkCancellation()
            try turn.advance(show)
        }
    }
}
