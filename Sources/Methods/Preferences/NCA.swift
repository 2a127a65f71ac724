// Losses that classify each response by itself, so that a chosen one cannot fall as long as its partner falls faster.
//
//   nca_pair  −log σ(c) − ½ log σ(−c) − ½ log σ(−r)   Chen et al., "Noise Contrastive Alignment of Language Models with
//                                                     Explicit Rewards", 2024, for two responses
//   bco_pair  −log σ(c) − log σ(−r)                   Jung et al., "Binary Classifier Optimization", 2024
//
// c and r are β times the log-ratios of chosen and rejected, [B]. BCO's running offset δ is left out, as in TRL's DPO.
import Torch
import Training

public enum NCA {
    public static func loss(_ rewards: Pair<Tensor>) -> Tensor {
        LogisticLoss.plain(rewards.chosen) + LogisticLoss.plain(-rewards.chosen) * 0.5
            + LogisticLoss.plain(-rewards.rejected) * 0.5
    }
}

public enum BCO {
    public static func loss(_ rewards: Pair<Tensor>) -> Tensor {
        LogisticLoss.plain(rewards.chosen) + LogisticLoss.plain(-rewards.rejected)
    }
}
