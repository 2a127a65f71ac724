import Settings

/// The names that TRL's and transformers' configuration files use, so that such a file runs here unchanged: those of
/// TRL 1.16 on transformers 5, and of the versions before that open recipes were written for. Keys of one method alone are
/// among the method's own synonyms.
extension TrainingConfiguration {
    public static let synonyms = namesElsewhere.merging(withoutEffect) { name, _ in name }.merging(
        onlyAsHere
    ) { name, _ in name }

    /// What transformers' schedules take besides steps of warm-up and of the run.
    package static let scheduleMembers = [
        "min_lr": "min_lr", "min_lr_rate": "min_lr_rate", "min_lr_ratio": "min_lr_rate",
        "num_decay_steps": "lr_decay_steps", "decay_type": "lr_decay_type", "warmup_type": "lr_warmup_type",
    ]

    private static let namesElsewhere: [String: ConfigurationSynonym] = [
        "model_name_or_path": .name("model"),
        "dataset": .name("train", values: ["null": nil]),
        "dataset_name": .name("train", values: ["null": nil]),
        "eval_dataset": .name("eval", values: ["null": nil]),
        "eval_dataset_name": .name("eval", values: ["null": nil]),
        "lr_scheduler_type": .name("lr_schedule", values: ["constant_with_warmup": "constant"]),
        "lr_scheduler_kwargs": .members(scheduleMembers),
        "per_device_train_batch_size": .name("batch_size"),
        "num_train_epochs": .name("epochs"),
        "max_steps": .name("max_steps", values: ["-1": nil]),
        "max_seq_length": .name("max_length"),
        "shuffle_dataset": .name("shuffle"),
        "no_shuffle": .name("shuffle", values: ["true": "false", "false": "true"]),
        "logging_steps": .name("log_every"),
        "logging_strategy": .decides(
            "log_every", values: ["no": "0", "false": "0", "epoch": "epoch", "steps": nil]),
        "save_steps": .name("checkpoint_every"),
        "save_strategy": .decides(
            "checkpoint_every", values: ["no": "0", "false": "0", "epoch": "epoch", "steps": nil]),
        "eval_steps": .name("eval_every", values: ["null": nil]),
        "eval_strategy": .decides(
            "eval_every", values: ["no": "0", "false": "0", "epoch": "epoch", "steps": nil]),
        "evaluation_strategy": .decides(
            "eval_every", values: ["no": "0", "false": "0", "epoch": "epoch", "steps": nil]),
        "save_total_limit": .name("keep_checkpoints"),
        "gradient_checkpointing": .decides(
            "activation_checkpointing", values: ["true": "true", "false": "false", "null": nil]),
        "activation_checkpointing": .name("activation_checkpointing", values: ["null": nil]),
        "dataset_streaming": .name("streaming"),
        "max_prompt_length": .replaced(by: "not applied: max_length limits prompt and answer together"),
        "max_completion_length": .replaced(by: "not applied: max_length limits prompt and answer together"),
    ]

    private static let withoutEffect = Dictionary(
        uniqueKeysWithValues: [
            "accelerator_config", "activation_checkpointing_kwargs", "attn_implementation",
            "average_tokens_across_devices", "batch_eval_metrics", "bnb_4bit_quant_storage",
            "bnb_4bit_quant_type", "data_seed", "dataloader_drop_last", "dataloader_in_order",
            "dataloader_multiprocessing_context", "dataloader_num_workers", "dataloader_persistent_workers",
            "dataloader_pin_memory", "dataloader_prefetch_factor", "dataset_kwargs", "dataset_num_proc",
            "ddp_backend", "ddp_broadcast_buffers", "ddp_bucket_cap_mb", "ddp_find_unused_parameters",
            "ddp_static_graph", "ddp_timeout", "debug", "deepspeed", "disable_dropout", "disable_tqdm",
            "do_eval", "do_train", "dtype", "enable_jit_checkpoint", "eval_accumulation_steps",
            "eval_do_concat_batches", "eval_use_gather_object", "fsdp", "fsdp_config", "full_determinism",
            "gradient_checkpointing_kwargs", "hub_always_push", "hub_model_id", "hub_private_repo",
            "hub_revision", "hub_strategy", "hub_token", "ignore_bias_buffers", "include_for_metrics",
            "include_num_input_tokens_seen", "include_tokens_per_second", "length_column_name",
            "liger_kernel_config", "local_rank", "log_level", "log_level_replica", "log_on_each_node",
            "logging_dir", "logging_first_step", "logging_nan_inf_filter",
            "model_init_kwargs", "model_revision", "pad_to_multiple_of", "padding_free",
            "parallelism_config", "per_device_eval_batch_size", "prediction_loss_only", "prepared_rows",
            "project", "push_to_hub", "remove_unused_columns", "report_to",
            "restore_callback_states_from_checkpoint", "run_name", "save_on_each_node", "save_only_model",
            "save_safetensors", "skip_memory_metrics", "tf32", "torch_compile", "torch_compile_backend",
            "torch_compile_mode", "torch_dtype", "torch_empty_cache_steps", "trackio_bucket_id",
            "trackio_space_id", "trackio_static_space_id", "trust_remote_code", "use_bnb_nested_quant",
            "use_cache", "use_liger_kernel", "wandb_entity", "wandb_project",
        ].map { ($0, ConfigurationSynonym.ignored) })

    private static let onlyAsHere: [String: ConfigurationSynonym] = [
        "auto_find_batch_size": .fixed(["false"], why: "a batch that does not fit into memory is an error"),
        "bf16_full_eval": .fixed(["false"], why: "rows are evaluated in the precision of training"),
        "do_predict": .fixed(["false"], why: "a trained model is measured with heed evaluate"),
        "eval_delay": .fixed(["0", "null"], why: "evaluation begins with the run"),
        "eval_on_start": .fixed(["false"], why: "the first evaluation comes after training has begun"),
        "fp16_full_eval": .fixed(["false"], why: "rows are evaluated in the precision of training"),
        "ignore_data_skip": .fixed(["false"], why: "a resumed run continues where it was in the data"),
        "label_names": .fixed(["null"], why: "labels are what rows say"),
        "optim": .fixed(["adamw", "adamw_torch", "adamw_torch_fused"], why: "the optimizer is AdamW"),
        "optim_args": .fixed(["null"], why: "the optimizer is AdamW"),
        "optim_target_modules": .fixed(["null"], why: "the optimizer is AdamW"),
        "router_aux_loss_coef": .fixed(["null"], why: "there are no models of experts"),
        "train_sampling_strategy": .fixed(
            ["random", "sequential"], why: "rows are taken in file order or shuffled: set shuffle"),
        "dataset_train_split": .fixed(["train", "null"], why: "rows come from files: name the file"),
        "dataset_test_split": .fixed(["test", "null"], why: "rows come from files: name the file with eval"),
        "dataset_config": .fixed(["null", "default"], why: "rows come from files: name the file"),
        "test_split_size": .fixed(["null"], why: "rows to evaluate on come from files: name them with eval"),
        "dataset_text_field": .fixed(["text"], why: "plain rows have the column text"),
        "group_by_length": .fixed(["false"], why: "rows are taken in file order or shuffled"),
        "label_smoothing_factor": .fixed(["0"], why: "the next token's likelihood is not smoothed"),
        "load_in_4bit": .fixed(["false"], why: "weights are trained in fp32 or bf16"),
        "load_in_8bit": .fixed(["false"], why: "weights are trained in fp32 or bf16"),
        "neftune_noise_alpha": .fixed(["null"], why: "embeddings get no noise"),
        "resume_from_checkpoint": .fixed(["false", "null"], why: "a run is resumed with --resume"),
        "truncation_mode": .fixed(["keep_start"], why: "long rows lose their end"),
    ]
}
