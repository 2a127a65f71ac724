import Endpoints
import Settings

extension Distillation {
    public struct Configuration: ConfigurationSection, Equatable {
        /// What is compared where student and teacher have different tokenizers.
        public enum Alignment: String, Codable, Sendable, CaseIterable {
            /// The likelihood of the spans that both spell alike: ALM.swift.
            case alm
            /// Distributions at the spans' ends, over the tokens that both have and by rank over the others: GOLD.swift.
            case gold
            /// Distributions at the spans' ends by rank alone.
            case uld
        }

        /// Models to learn from: one for all rows, and `FILE=MODEL` for those of one file.
        public var teacher: [String] = []
        /// A folder of the teacher's best tokens of each position, which is made of the rows that it lacks, and in place of the
        /// teacher where it has all.
        public var teacherScores: String?
        /// Tokens of a position that are stored; nil: as many as there are in the folder, or ``usualTopK``.
        public var topK: Int?
        public var divergence = Divergence(beta: 0.5)
        /// Nil: token by token where the tokenizers are the same, and else ``Alignment/alm``.
        public var alignment: Alignment?
        /// τ of ``Alignment/alm``, which divides log-probabilities of spans.
        public var almTemperature = 100.0
        /// Divides the logits of both models on given answers.
        public var lossTemperature = 1.0
        /// Weight of the likelihood of given answers beside the divergence.
        public var sftWeight = 0.0
        /// Share of the micro-batches whose answers the student writes: GKD's λ.
        public var onPolicy = 0.0
        /// What answers are drawn at; on the student's own, both models are scored at it.
        public var temperature = 1.0
        /// Tokens of an answer, at most.
        public var maximumNewTokens = Self.usualNewTokens
        /// Whether the teacher writes all answers that the student does not.
        public var distillsSequences = false
        /// A file of recorded answers of the student to learn from in place of rows (see `RecordedRollouts`).
        public var replay: String?
        /// Whether the student's own answers are learned from by the tokens that were drawn alone, not by whole distributions.
        public var isSampled = false
        /// How far the ratio to the student that wrote an answer, by its recorded log-probabilities, counts from 1 on; nil: what
        /// is replayed counts as if the student had just written it.
        public var clipRange: Double?

        static let usualNewTokens = 128
        static let usualTopK = 64

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case teacher, divergence, alignment, temperature, replay
            case almTemperature = "alm_temperature"
            case teacherScores = "teacher_scores"
            case topK = "teacher_top_k"
            case lossTemperature = "loss_temperature"
            case sftWeight = "sft_weight"
            case onPolicy = "on_policy"
            case maximumNewTokens = "max_new_tokens"
            case distillsSequences = "seq_kd"
            case isSampled = "sampled_kl"
            case clipRange = "clip_range"
        }

        public static let ranges: [String: SettingRange] = [
            "alm_temperature": .above(0), "loss_temperature": .above(0), "sft_weight": .atLeast(0),
            "on_policy": .share,
            "temperature": .above(0), "max_new_tokens": .atLeast(1), "clip_range": .between(0, 1),
            "teacher_top_k": .count,
        ]

        /// TRL's names in GKD's files, which begin with those of fine-tuning.
        public static let synonyms: [String: ConfigurationSynonym] = [
            "student": .name("model"),
            "teacher_model_name_or_path": .name("teacher", values: ["null": nil]),
            "beta": .name("divergence"), "lmbda": .name("on_policy"),
            "teacher_model_init_kwargs": .ignored, "activation_offloading": .ignored, "pad_token": .ignored,
            "temperature_config_field": .replaced(
                by: "not applied: what TRL's GKD draws answers at is called temperature"),
            "loss_type": .fixed(["nll"], why: "the loss is the divergence from the teacher"),
            "packing": .fixed(["false"], why: "every row is scored by itself"),
            "packing_strategy": .ignored,
            "eval_packing": .fixed(["null", "false"], why: "every row is scored by itself"),
            "completion_only_loss": .fixed(["null", "true"], why: "answers are distilled, not prompts"),
            "assistant_only_loss": .fixed(["false"], why: "of a conversation the last answer is distilled"),
            "chat_template_path": .fixed(["null"], why: "the model's own template is used"),
            "eos_token": .fixed(["null"], why: "the tokenizer's own end is learned"),
        ]

        public func validate() throws {
            try InvalidSetting.check(
                replay == nil || onPolicy == 0 || onPolicy == 1, CodingKeys.onPolicy,
                expected: "1 beside replay, whose answers the student wrote", found: onPolicy)
            try InvalidSetting.check(
                !distillsSequences || onPolicy < 1 && replay == nil, CodingKeys.distillsSequences,
                expected: "false where the student writes all answers", found: "true")
            try InvalidSetting.check(
                !isSampled || writesOwn, CodingKeys.isSampled,
                expected: "false without answers of the student (on_policy above 0, or replay)", found: "true"
            )
            try InvalidSetting.check(
                clipRange == nil || isSampled, CodingKeys.clipRange,
                expected: "none without sampled_kl, whose ratios it is for", found: clipRange ?? 0)
            let isRemote = teacher.contains { Endpoint.isMeant(by: $0) }
            if let alignment {
                try InvalidSetting.check(
                    (teacherScores == nil || isRemote) && !isSampled && !distillsSequences,
                    CodingKeys.alignment,
                    expected:
                        "none beside teacher_scores, sampled_kl and seq_kd, which are for the same tokens",
                    found: alignment.rawValue)
            }
            try InvalidSetting.check(
                topK == nil || teacherScores != nil && !isRemote, CodingKeys.topK,
                expected:
                    "none without teacher_scores, where they are stored, and none of a teacher behind an address",
                found: topK ?? 0)
            guard let teacherScores else { return }
            try InvalidSetting.check(
                !writesOwn && !distillsSequences, CodingKeys.teacherScores,
                expected:
                    "none where answers are written, of which nothing is stored (on_policy, seq_kd, replay)",
                found: teacherScores)
            try InvalidSetting.check(
                teacher.isEmpty || teacher.count == 1 && TeacherArgument(teacher[0]).file == nil,
                CodingKeys.teacher, expected: "one teacher for all rows beside teacher_scores",
                found: teacher.joined(separator: ", "))
        }

        public mutating func resolve() {
            if replay != nil { onPolicy = 1 }
        }

        /// Whether the student learns from answers of its own.
        var writesOwn: Bool { onPolicy > 0 || replay != nil }

        /// Whether answers of rows are written anew.
        var writes: Bool { replay == nil && (onPolicy > 0 || distillsSequences) }

        /// What stands for the teacher where its scores alone are given.
        var headerOfScores: String? {
            teacher.isEmpty ? teacherScores.map { "\($0)/\(ScoreStore.headerName)" } : nil
        }

        /// Settings that change nothing beside the others, in words.
        /// - Parameter alignment: that is used; nil where tokens are compared one by one.
        func idle(with alignment: Alignment?) -> [String] {
            let usual = Configuration()
            var notes: [String] = []
            if divergence != usual.divergence, let alignment, alignment != .gold {
                notes.append("divergence \(divergence) changes nothing with \(alignment.rawValue)")
            }
            if almTemperature != usual.almTemperature, alignment != .alm {
                notes.append("alm_temperature \(almTemperature) changes nothing without alignment: alm")
            }
            if lossTemperature != usual.lossTemperature, alignment == .alm {
                notes.append(
                    "loss_temperature \(lossTemperature) changes nothing with alm, which has alm_temperature")
            }
            if temperature != usual.temperature, writesOwn, alignment != nil {
                notes.append(
                    "answers are drawn at temperature \(temperature) and their spans scored as without it")
            }
            if !writesOwn && !distillsSequences {
                if temperature != usual.temperature {
                    notes.append(
                        "temperature \(temperature) changes nothing, as no answers are written (on_policy): "
                            + "loss_temperature divides logits on given ones")
                }
                if maximumNewTokens != usual.maximumNewTokens {
                    notes.append(
                        "max_new_tokens \(maximumNewTokens) changes nothing, as no answers are written (on_policy)"
                    )
                }
            }
            if onPolicy == 1 {
                if lossTemperature != usual.lossTemperature {
                    notes.append(
                        "loss_temperature \(lossTemperature) is for evaluation alone, as the student writes all answers"
                    )
                }
                if sftWeight > 0 {
                    notes.append(
                        "sft_weight \(sftWeight) changes nothing in training, as the student writes all answers"
                    )
                }
            }
            return notes
        }
    }
}
