import Settings

extension GRPO.Configuration {
    /// What TRL's files say of sampling and of what Heed does not have. Responses are drawn from the policy's own
    /// distribution, by an engine of Heed's.
    static let samplingElsewhere = onlyAsHere.merging(
        [
            "cache_implementation", "ds3_gather_for_generation", "log_completions_hub_repo", "log_multimodal",
            "log_unique_prompts", "num_generations_eval", "ref_model_mixup_alpha", "ref_model_sync_steps",
            "transformers_continuous_batching_config", "use_transformers_continuous_batching",
            "use_transformers_paged", "vllm_device", "vllm_enable_sleep_mode", "vllm_gpu_memory_utilization",
            "vllm_group_port", "vllm_max_model_length", "vllm_mode", "vllm_model_impl",
            "vllm_server_base_url", "vllm_server_host", "vllm_server_port", "vllm_server_timeout",
            "vllm_tensor_parallel_size",
        ].map { ($0, ConfigurationSynonym.ignored) }
    ) { own, _ in own }

    private static let onlyAsHere: [String: ConfigurationSynonym] = [
        "cast_lm_head_to_fp32": .fixed(["false"], why: "logits are computed in the run's precision"),
        "chat_template_kwargs": .fixed(
            ["null", "{}"], why: "rows bring their own, in a column of that name"),
        "generation_kwargs": .fixed(["null", "{}"], why: "responses are drawn by temperature alone"),
        "max_prompt_length": .replaced(
            by: "not applied: prompts are never cut, and one that leaves no room for a response is refused"),
        "max_tool_calling_iterations": .fixed(["null"], why: "the policy calls no tools"),
        "min_p": .fixed(["null", "0"], why: "responses are drawn from the policy's own distribution"),
        "repetition_penalty": .fixed(["1"], why: "responses are drawn from the policy's own distribution"),
        "sync_ref_model": .fixed(["false"], why: "the reference stays as it is"),
        "top_k": .fixed(["0", "null"], why: "responses are drawn from the policy's own distribution"),
        "top_p": .fixed(["1"], why: "responses are drawn from the policy's own distribution"),
        "vllm_importance_sampling_cap": .fixed(["null"], why: "it is called sampler_correction_max"),
        "vllm_structured_outputs_regex": .fixed(["null"], why: "responses are free text"),
    ]
}
