import Settings

/// The names that TRL's and transformers' configuration files use, so that such a file runs here unchanged.
extension TrainingConfiguration {
    public static let synonyms = namesElsewhere.merging(withoutEffect) { name, _ in name }.merging(
        onlyAsHere
    ) { name, _ in name }

    private static let namesElsewhere: [String: ConfigurationSynonym] = [
        "model_name_or_path": .name("model"),
        "dataset": .name("train"),
        "dataset_name": .name("train"),
        "eval_dataset": .name("eval", values: ["null": nil]),
        "eval_dataset_name": .name("eval", values: ["null": nil]),
        "lr_scheduler_type": .name("lr_schedule", values: ["constant_with_warmup": "constant"]),
        "per_device_train_batch_size": .name("batch_size"),
        "num_train_epochs": .name("epochs"),
        "max_steps": .name("max_steps", values: ["-1": nil]),
        "shuffle_dataset": .name("shuffle"),
        "no_shuffle": .name("shuffle", values: ["true": "false", "false": "true"]),
        "logging_steps": .name("log_every"),
        "save_steps": .name("checkpoint_every"),
        "eval_steps": .name("eval_every"),
        "save_total_limit": .name("keep_checkpoints"),
        "gradient_checkpointing": .name("activation_checkpointing"),
        "dataset_streaming": .name("streaming"),
    ]

    private static let withoutEffect = Dictionary(
        uniqueKeysWithValues: [
            "accelerator_config", "average_tokens_across_devices", "attn_implementation", "data_seed",
            "dataloader_drop_last", "dataloader_num_workers", "dataloader_pin_memory",
            "dataloader_prefetch_factor", "dataset_kwargs", "dataset_num_proc", "ddp_find_unused_parameters",
            "ddp_timeout", "deepspeed", "disable_dropout", "disable_tqdm", "do_eval", "do_train", "dtype",
            "eval_on_start", "eval_strategy", "fsdp", "fsdp_config",
            "gradient_checkpointing_kwargs", "hub_model_id", "hub_private_repo",
            "hub_strategy", "hub_token", "include_num_input_tokens_seen", "include_tokens_per_second",
            "local_rank",
            "log_level", "logging_dir", "logging_first_step", "logging_strategy", "model_init_kwargs",
            "model_revision", "overwrite_output_dir", "pad_to_multiple_of", "padding_free",
            "per_device_eval_batch_size", "prepared_rows", "project", "push_to_hub", "remove_unused_columns",
            "report_to", "run_name", "save_only_model", "save_safetensors", "save_strategy",
            "tf32", "torch_compile", "torch_dtype", "trackio_space_id", "trust_remote_code",
            "use_liger_kernel",
        ].map { ($0, ConfigurationSynonym.ignored) })

    private static let onlyAsHere: [String: ConfigurationSynonym] = [
        "optim": .fixed(["adamw", "adamw_torch", "adamw_torch_fused"], why: "the optimizer is AdamW"),
        "dataset_train_split": .fixed(["train", "null"], why: "rows come from files: name the file"),
        "dataset_test_split": .fixed(["test", "null"], why: "rows come from files: name the file with eval"),
        "dataset_config": .fixed(["null"], why: "rows come from files: name the file"),
        "test_split_size": .fixed(["null"], why: "rows to evaluate on come from files: name them with eval"),
        "dataset_text_field": .fixed(["text"], why: "plain rows have the column text"),
        "group_by_length": .fixed(["false"], why: "rows are taken in file order or shuffled"),
        "label_smoothing_factor": .fixed(["0", "0.0"], why: "the next token's likelihood is not smoothed"),
        "load_in_4bit": .fixed(["false"], why: "weights are trained in fp32 or bf16"),
        "load_in_8bit": .fixed(["false"], why: "weights are trained in fp32 or bf16"),
        "neftune_noise_alpha": .fixed(["null"], why: "embeddings get no noise"),
        "resume_from_checkpoint": .fixed(["false", "null"], why: "a run is resumed with --resume"),
        "truncation_mode": .fixed(["keep_start"], why: "long rows lose their end"),
    ]
}
