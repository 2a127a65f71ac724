import LanguageModels
import Torch

/// What a model with experts adds to the loss of any method so that tokens spread over them, where its config.json asks for
/// it (`output_router_logits`), weighted by its `router_aux_loss_coef`. How busy experts are is measured in any case.
public struct RouterLoss {
    /// A scalar; nil where the loss is not asked for.
    public let loss: Tensor?
    /// `aux_loss`, the loss before it is weighted, as TRL calls it; how many times its even share of tokens the busiest
    /// expert has, and the least busy one.
    public let metrics: Metrics

    /// - Parameters:
    ///   - record: of one micro-batch.
    ///   - share: what the micro-batch is of its step.
    public init(_ record: RouterRecord, of model: DecoderModel, share: Double) {
        let settings = model.configuration.experts
        let unweighted = record.loss()
        let load = record.load
        loss =
            settings?.addsRouterLoss == true
            ? unweighted * ((settings?.routerLossWeight ?? 0) * share) : nil
        metrics = Metrics([
            "aux_loss": unweighted.item(), "router/highest_load": load.highest,
            "router/lowest_load": load.lowest,
        ])
    }
}

extension MeasuredLoss {
    /// What `body` measures of a micro-batch, with the loss of the model's router.
    /// - Parameter share: what the micro-batch is of its step.
    static func withRouterLoss(
        of model: DecoderModel, share: Double, _ body: () throws -> MeasuredLoss
    ) rethrows -> MeasuredLoss {
        let (measured, record) = try model.recordingRouting(body)
        guard let record else { return measured }
        let router = RouterLoss(record, of: model, share: share)
        return MeasuredLoss(
            loss: router.loss.map { measured.loss + $0 } ?? measured.loss,
            metrics: router.metrics.following(measured.metrics), tokenCount: measured.tokenCount,
            weight: measured.weight)
    }
}
