import ArgumentParser
import Feedback
import FeedbackServer
import Files
import Foundation
import JSON
import Runs
import Settings
import Torch
import Training

/// The labelling app.
struct LabelStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start the labelling app; what 'heed label' does without a verb.",
        discussion: """
            Prints the link to open. The app listens on this machine alone, where the link signs in its lead, unless \
            --host says otherwise; people then need accounts, by invitations that the lead makes. --responses adds what \
            'heed sample' wrote to --project: every two answers to a prompt for comparisons, all of them for rankings, \
            each alone for other tasks, or as --answers-per-item says. With --model people talk with it, and vote on two answers at every turn.

            EXAMPLE:
              heed label start --store feedback.sqlite --responses a.jsonl b.jsonl \\
                --project helpful --guidelines guidelines.md --overlap 2
              heed label --store feedback.sqlite --model runs/dpo/final \\
                --against smollm2-135m-instruct --project talk
            """)

    @Option(help: ArgumentHelp("The file of judgments; made where there is none.", valueName: "file"))
    var store: String

    @OptionGroup(title: "PROJECT") var study: StudyOptions
    @OptionGroup(title: "LIVE CHAT") var models: ChatModelOptions

    @Option(help: ArgumentHelp("A second model, which writes the other answer.", valueName: "model"))
    var against: String?

    @Option(help: "The port to listen on; 0: any that is free.")
    var port = 8080

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @ArgumentParser.Flag(help: "A proxy in front of the app speaks HTTPS.")
    var behindHttps = false

    @ArgumentParser.Flag(help: "People need accounts on this machine too.")
    var accounts = false

    @ArgumentParser.Flag(help: "Print the link as JSON, and no progress.")
    var json = false

    private struct Started: Encodable {
        let url: String
        let store: String
    }

    func validate() throws {
        if against != nil, models.model == nil { throw ValidationError("--against needs --model") }
        guard (0...65535).contains(port) else {
            throw ValidationError("--port: expected from 0 to 65535, found \(port)")
        }
    }

    func run() async throws {
        let judgments = try FeedbackStore(at: URL(fileURLWithPath: store), .create)
        if let setup = try study.setup(forChat: models.model != nil) {
            let summary = try setup.apply(to: judgments)
            if !json { Console.write(summary.line) }
        }
        let answerer = try await models.answerer(against: against, isQuiet: json)
        let configuration = ServerConfiguration(
            host: host, port: port, isBehindHTTPS: behindHttps, wantsAccounts: accounts)
        let entrance = try entrance(to: judgments, configuration)
        let (isJSON, path) = (json, store)
        let application = buildApplication(configuration, store: judgments, chat: answerer) { port in
            let url = configuration.link(to: entrance, port: port)
            if isJSON {
                try? printJSON(Started(url: url, store: path))
            } else {
                Console.show("open \(url)")
            }
            fflush(nil)
        }
        try await serve(application, configuration, store: judgments)
        try judgments.close()
    }

    /// Where whoever started the app enters it. Where everybody needs an account, the first lead is invited.
    private func entrance(to judgments: FeedbackStore, _ configuration: ServerConfiguration) throws -> String
    {
        if let link = configuration.startLink { return link.path }
        let invitation = try judgments.write(by: nil) { try $0.inviteFirstLead() }
        return invitation.map(LabelInvite.path(of:)) ?? "/"
    }
}

/// What a project asks for.
struct StudyOptions: ParsableArguments {
    @Option(help: "The project; made where there is none. (default: named after the first file)")
    var project: String?

    @Option(help: "compare, rank, rate, thumbs, edit or chat. (default: compare)")
    var task: LabellingTask?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Responses of models, as 'heed sample' writes them.", valueName: "file"))
    var responses: [String] = []

    @Option(help: "What is asked above every item.")
    var question: String?

    @Option(help: ArgumentHelp("Markdown, one key away from every item.", valueName: "file"))
    var guidelines: String?

    @Option(parsing: .upToNextOption, help: "What is judged, such as helpful honest harmless.")
    var aspects: [String] = []

    @Option(
        help: "How many answers an item shows, at most. (default: 2 to compare, all to rank, otherwise 1)")
    var answersPerItem: Int?

    @Option(help: "How many people see an item. (default: 1)")
    var overlap: Int?

    @Option(help: "The share of gold items in what a person sees. (default: 0)")
    var goldShare: Double?

    @Option(help: "The share of items shown again. (default: 0)")
    var repeatShare: Double?

    @Option(help: "random, disagreement or information: which item is next. (default: random)")
    var selection: Selection?

    @Option(help: "The share drawn at random in any case. (default: 1)")
    var randomShare: Double?

    /// Nil where no project is named, in one way or another.
    func setup(forChat isChat: Bool) throws -> StudySetup? {
        let file = responses.first.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
        guard let name = project ?? file ?? (isChat ? "chat" : nil) else { return nil }
        var setup = StudySetup(project: name)
        setup.task = task ?? (isChat && responses.isEmpty ? .chat : nil)
        setup.question = question
        setup.guidelines = try guidelines.map {
            String(decoding: try FileSystem.read(URL(fileURLWithPath: $0)), as: UTF8.self)
        }
        (setup.aspects, setup.overlap) = (aspects, overlap)
        setup.answersPerItem = answersPerItem
        (setup.goldShare, setup.repeatShare) = (goldShare, repeatShare)
        (setup.selection, setup.randomShare) = (selection, randomShare)
        setup.responses = responses.map { URL(fileURLWithPath: $0) }
        return setup
    }
}

/// The model that people talk with.
struct ChatModelOptions: SettingOptions {
    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @OptionGroup var sampling: SamplingOptions
    @OptionGroup var computation: ComputationOptions

    /// - Returns: nil without a model.
    func answerer(against other: String?, isQuiet: Bool) async throws -> EngineAnswerer? {
        guard let model else { return nil }
        let settings = try ConfigurationReader(file: nil, overrides: overrides).read(ChatConfiguration())
            .value
        try Torch.start(threads: settings.run.threads)
        let context = try RunContext(
            verb: "label", run: settings.run, mode: .new, settings: JSONValue(encoding: settings),
            progress: ProgressDisplay(style: isQuiet ? .quiet : nil))
        return try await EngineAnswerer(
            models: [model] + (other.map { [$0] } ?? []), sampler: settings.sampler, context: context)
    }
}
