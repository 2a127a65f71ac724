import Checkpoints
import Foundation
import LanguageModels
import Settings

/// Settings of low-rank adaptation (LoRA, Hu et al. 2021): train two thin matrices beside each chosen layer instead of the
/// layer itself. Off unless a rank or an adapter to start from is given.
public struct AdapterTraining: ConfigurationSection, Equatable {
    /// Columns of A and rows of B; nil for the default of 16 where LoRA is on.
    public var rank: Int?
    /// The adapter's output is multiplied by alpha / rank; nil: 32.
    public var alpha: Double?
    /// Chance that an input of the adapter is dropped in training; nil for the method's own default: 0.05
    /// in fine-tuning, none where log-probabilities are compared.
    public var dropout: Double?
    /// Names of the layers that get an adapter, or `all-linear`, which nil is too.
    public var targets: [String]?
    /// A PEFT folder to train further. Rank, alpha, targets and the two below are the folder's; who sets them must set them
    /// to the same.
    public var initialAdapter: String?
    /// Rank-stabilised LoRA (Kalajdzievski 2023): the output is multiplied by alpha / √rank instead.
    public var scalesByRootOfRank: Bool?
    /// DoRA (Liu et al. 2024): the lengths of the weights' rows are learned apart from their directions.
    public var learnsMagnitude: Bool?
    /// Switches LoRA on or off whatever else is set; nil: on where a rank or an adapter is given.
    public var isRequested: Bool?

    public static let defaultRank = 16
    private static let defaultAlpha = 32.0
    static let allLayers = ["all-linear"]

    public init() {}

    /// Whether an adapter is trained, rather than all weights.
    public var isOn: Bool { isRequested ?? (rank != nil || initialAdapter != nil) }

    public enum CodingKeys: String, CodingKey {
        case rank = "lora_rank"
        case alpha = "lora_alpha"
        case dropout = "lora_dropout"
        case targets = "lora_targets"
        case initialAdapter = "init_adapter"
        case scalesByRootOfRank = "use_rslora"
        case learnsMagnitude = "use_dora"
        case isRequested = "use_peft"
    }

    public static let ranges: [String: SettingRange] = [
        "lora_rank": .within(1...Double(AdapterConfiguration.largestRank)), "lora_alpha": .above(0),
        "lora_dropout": .within(0..<1),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            targets != [], CodingKeys.targets, expected: "at least one layer's name, or all-linear",
            found: "an empty list")
    }

    /// The first setting that only an adapter has, where nothing asks for one and nothing says that there is none.
    package var strayKey: CodingKeys? {
        guard !isOn, isRequested == nil else { return nil }
        let settings: [(CodingKeys, Bool)] = [
            (.alpha, alpha != nil), (.dropout, dropout != nil), (.targets, targets != nil),
            (.scalesByRootOfRank, scalesByRootOfRank == true), (.learnsMagnitude, learnsMagnitude == true),
        ]
        return settings.first { $0.1 }?.0
    }

    /// What the adapter that is trained further says of itself: the one to start from, or the model where that is an adapter;
    /// nil where a new adapter or none is trained, or where the file cannot be read, which loading it will say.
    package func startingConfiguration(model: String?) -> AdapterConfiguration? {
        guard let folder = initialFolder ?? model.map({ URL(fileURLWithPath: $0) }) else { return nil }
        return try? AdapterConfiguration(
            contentsOf: folder.appendingPathComponent(ModelFile.adapterConfiguration))
    }

    /// Takes over what an adapter says of itself where nothing else is set.
    package mutating func adopt(_ given: AdapterConfiguration?) {
        guard let given else { return }
        // A rank asks for a new adapter; only beside a folder to start from it is that one's.
        if initialAdapter != nil { rank = rank ?? given.rank }
        alpha = alpha ?? given.alpha
        targets = targets ?? given.targetModules.sorted()
        scalesByRootOfRank = scalesByRootOfRank ?? given.scalesByRootOfRank
        learnsMagnitude = learnsMagnitude ?? given.learnsMagnitude
    }

    /// Says whether an adapter is trained, of which shape, and with what dropout.
    public mutating func resolve() {
        isRequested = isOn
        if isOn, initialAdapter == nil { rank = rank ?? Self.defaultRank }
        dropout = dropout ?? 0
        alpha = alpha ?? Self.defaultAlpha
        targets = targets ?? Self.allLayers
        scalesByRootOfRank = scalesByRootOfRank ?? false
        learnsMagnitude = learnsMagnitude ?? false
    }

    /// The adapter that a model gets.
    /// - Parameters:
    ///   - layers: the names of all layers that can have one.
    ///   - baseModel: the path of the model under it.
    func configuration(
        layers: Set<String>, task: AdapterConfiguration.Task, baseModel: String
    ) -> AdapterConfiguration {
        AdapterConfiguration(
            rank: rank ?? Self.defaultRank, alpha: alpha ?? Self.defaultAlpha, dropout: dropout ?? 0,
            targetModules: targets.flatMap { $0 == Self.allLayers ? nil : Set($0) } ?? layers, task: task,
            baseModel: baseModel, modulesToSave: task == .sequenceClassification ? ["score"] : [],
            scalesByRootOfRank: scalesByRootOfRank ?? false, learnsMagnitude: learnsMagnitude ?? false)
    }

    /// - Parameters:
    ///   - given: the adapter that is trained further.
    ///   - layers: the names of all layers that can have one.
    /// - Throws: `InvalidSetting` where settings ask for another shape than the adapter has.
    func check(against given: AdapterConfiguration, layers: Set<String>, of folder: URL) throws {
        func same<Value: Equatable>(_ key: CodingKeys, _ asked: Value?, _ own: Value) throws {
            try InvalidSetting.check(
                asked == nil || asked == own, key,
                expected: "\(own), as the adapter in \(folder.path) has, or nothing",
                found: asked.map { "\($0)" } ?? "")
        }
        try same(.rank, rank, given.rank)
        try same(.alpha, alpha, given.alpha)
        try same(.scalesByRootOfRank, scalesByRootOfRank, given.scalesByRootOfRank)
        try same(.learnsMagnitude, learnsMagnitude, given.learnsMagnitude)
        let asked = targets == Self.allLayers ? layers : targets.map(Set.init)
        try same(.targets, asked?.sorted(), given.targetModules.sorted())
    }

    /// What stands there without an adapter is refused by ``strayKey``: whether one is trained may follow from the model.
    public static let needs: [String: SettingNeed] = {
        let ofAdapters = [CodingKeys.rank, .alpha, .dropout, .targets, .scalesByRootOfRank, .learnsMagnitude]
        var needs = Dictionary(
            uniqueKeysWithValues: ofAdapters.map {
                ($0.stringValue, SettingNeed.beside("use_peft").toldElsewhere)
            })
        needs["lora_r"] = SettingNeed.beside("use_peft").noted(
            as: "TRL trains an adapter only then, and Heed unless use_peft is false")
        return needs
    }()

    public static let synonyms: [String: ConfigurationSynonym] = [
        "lora_r": .name("lora_rank"),
        "lora_target_modules": .name("lora_targets", values: ["null": nil]),
        "lora_task_type": .ignored,
        "lora_target_parameters": .fixed(["null"], why: "adapters are of layers, named with lora_targets"),
        "lora_modules_to_save": .fixed(
            ["null", "score"], why: "only a reward model's head is trained whole"),
    ]

    /// For methods that compare new log-probabilities with those of sampling, which dropout would make another network's.
    package func refuseDropout(verb: String) throws {
        let dropout = dropout ?? 0
        try InvalidSetting.check(
            dropout == 0, CodingKeys.dropout,
            expected: "0 in \(verb), whose ratios compare one network with itself", found: dropout)
    }
}
