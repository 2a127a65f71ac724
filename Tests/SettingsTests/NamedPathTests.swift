import Settings
import Testing

@Suite struct NamedPathTests {
    @Test(arguments: [
        ("runs/dpo/final", "dpo", "runs/dpo/final"),
        ("runs/ppo/checkpoint-20", "ppo", "runs/ppo/checkpoint-20"),
        ("PPO=runs/a/final", "PPO", "runs/a/final"),
        ("smollm2-135m-instruct", "smollm2-135m-instruct", "smollm2-135m-instruct"),
        ("runs/x=1/final", "x=1", "runs/x=1/final"), ("/models/base/", "base", "/models/base/"),
    ])
    func pathsHaveNames(text: String, name: String, path: String) {
        let named = NamedPath(text)
        #expect((named.name, named.path) == (name, path))
    }
}
