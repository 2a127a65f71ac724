import ArgumentParser
import Foundation
import Recipes
import Runs
import Settings

/// A recipe, from where it was left.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the stages of a recipe that are not done yet.",
        discussion: """
            A stage that has finished is skipped as long as its settings, inputs and the stages before it are the same; \
            one that was interrupted resumes where it stopped. Flags override the recipe's settings for all \
            stages, not a stage's own.

            EXAMPLE:
              heed run recipes/quickstart.yaml
            """)

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Flag(help: "Print the settings of every stage, and stop.")
    var printConfig = false

    @OptionGroup var model: RecipeModelOptions
    @OptionGroup var shared: RunOptions
    @OptionGroup var reporting: ReportingOptions

    func run() throws {
        let recipe = try Recipe(
            contentsOf: URL(fileURLWithPath: recipe), overrides: model.overrides + shared.overrides)
        guard !printConfig else { return print(recipe.settings, terminator: "") }
        Interruption.install()
        let result = try RecipeRun(recipe, command: commandLine, progress: reporting.progress).run()
        if reporting.json { try printJSON(result) } else { result.lines.forEach(Console.show) }
    }
}

/// The model of stages that do not name their own.
struct RecipeModelOptions: SettingOptions {
    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?
}
