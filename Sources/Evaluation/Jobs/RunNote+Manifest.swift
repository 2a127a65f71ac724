import Files
import Foundation
import JSON
import Models
import Runs
import Settings
import Torch
import Training

extension Report.RunNote {
    /// A training run, as its run.json tells.
    init(_ run: TrainingHistory, _ names: PathNames) {
        let manifest = run.manifest
        self.init(
            name: run.name, verb: manifest.command, command: manifest.commandLine.map(names.naming),
            inputs: manifest.inputs.map {
                Input(
                    role: $0.role, name: names.name(of: $0.path), sha256: $0.sha256, rows: Self.rows(of: $0))
            },
            settings: Self.settings(in: manifest.configuration, without: run.idleSettings, names),
            seed: manifest.seed,
            device: manifest.device,
            precision: manifest.precision ?? manifest.configuration["precision"]?.string,
            threads: manifest.threads, versions: manifest.versions, machine: manifest.machine,
            seconds: manifest.ended.map { $0.timeIntervalSince(manifest.started) },
            notes: manifest.notes.isEmpty ? nil : manifest.notes.map(names.naming))
    }

    /// The evaluation itself.
    /// - Parameters:
    ///   - inputs: files and models besides the arms, by their role.
    ///   - idle: settings that did nothing.
    init(
        _ context: RunContext, inputs: [(role: String, path: String)], seconds: Double, _ names: PathNames,
        idle: Set<String>
    ) throws {
        self.init(
            name: "this report", verb: context.verb, command: context.commandLine.map(names.naming),
            inputs: try inputs.map { role, path in
                let url = URL(fileURLWithPath: path)
                return Input(
                    role: role, name: names.name(of: path), sha256: try ContentHash.sha256(of: url),
                    rows: Self.rows(in: url))
            },
            settings: Self.settings(in: context.settings, without: idle, names), seed: context.run.seed,
            device: context.device.description,
            precision: "\(context.precision)", threads: Torch.threadCount,
            versions: ["heed": Heed.version, "libtorch": Torch.runningVersion], machine: .current,
            seconds: seconds)
    }

    // MARK: Rows

    /// Nil where the file has changed since, or has gone.
    private static func rows(of input: RunManifest.Input) -> Int? {
        let url = URL(fileURLWithPath: input.path)
        guard FileSystem.exists(url), (try? ContentHash.sha256(of: url)) == input.sha256 else { return nil }
        return rows(in: url)
    }

    /// Lines of a `.jsonl` file that hold something; nil for anything else.
    private static func rows(in url: URL) -> Int? {
        guard url.pathExtension == "jsonl", let data = try? FileSystem.read(url) else { return nil }
        return data.split(separator: UInt8(ascii: "\n")).count {
            !$0.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }
        }
    }

    // MARK: Settings

    /// What shapes a result most, in the order in which it is read; whatever else is set follows by name.
    private static let leading = [
        "loss", "learning_rate", "lr_schedule", "warmup_steps", "epochs", "max_steps", "batch_size",
        "gradient_accumulation_steps", "max_length", "lora_rank", "lora_alpha", "lora_dropout", "beta",
        "label_smoothing", "sft_weight", "kl_coefficient", "rollout_batch", "ppo_epochs", "minibatches",
        "group_size", "num_iterations", "missing_eos_penalty", "reward", "judge", "reward_weights", "people",
        "n", "temperature", "top_k", "top_p", "max_new_tokens", "limit",
    ]

    /// What stands beside the settings, or is only a place.
    private static let shownElsewhere: Set<String> = [
        "device", "models", "output", "precision", "seed", "threads", "training_runs",
    ]

    private static func settings(
        in configuration: JSONValue, without idle: Set<String>, _ names: PathNames
    ) -> [Setting] {
        let all = (configuration.object ?? [:]).compactMap { name, value -> Setting? in
            guard !shownElsewhere.contains(name), !idle.contains(name), let text = text(value), !text.isEmpty
            else { return nil }
            return Setting(name: name, value: names.naming(in: text))
        }
        let places = Dictionary(uniqueKeysWithValues: leading.enumerated().map { ($1, $0) })
        return all.sorted {
            (places[$0.name] ?? leading.count, $0.name) < (places[$1.name] ?? leading.count, $1.name)
        }
    }

    /// Nil for what was left open.
    private static func text(_ value: JSONValue) -> String? {
        if let items = value.array { return items.compactMap(text).joined(separator: ", ") }
        return value.isNull ? nil : value.string ?? value.text()
    }
}

extension Report.ModelNote {
    init(_ arm: EvaluatedArm, _ names: PathNames) {
        let base = names.name(of: arm.source.folders.base.path)
        let isAdapter = arm.source.folders.adapter != nil
        self.init(
            arm: arm.name, name: names.name(of: arm.source.argument), sha256: arm.fingerprint,
            base: isAdapter ? base : nil)
    }
}
