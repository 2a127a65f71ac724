import TestSupport
import Testing

@testable import Methods

/// Settings that cannot mean anything are refused with what would.
@Suite struct PreferenceSettingsTests {
    private func refusal(_ change: (inout DPO.Configuration) -> Void) -> String? {
        var configuration = DPO.Configuration()
        change(&configuration)
        do { try configuration.validate() } catch { return "\(error)" }
        return nil
    }

    @Test func everyLossIsAccepted() {
        for loss in DPO.Loss.allCases {
            #expect(
                refusal {
                    $0.losses = [loss]
                    $0.labelSmoothing = loss == .exoPair ? 1e-3 : 0
                } == nil, "\(loss)")
        }
    }

    @Test func smoothing() {
        #expect(refusal { $0.losses = [.exoPair] }?.contains("above 0 beside the loss exo_pair") == true)
    }

    @Test func weights() {
        #expect(refusal { $0.lossWeights = [1, 2] }?.contains("one for each of 1 losses, found 2") == true)
        #expect(refusal { $0.losses = [] }?.contains("at least one loss") == true)
    }

    @Test func divergencesBelongToDifferences() {
        for loss in DPO.Loss.allCases where !loss.takesDivergence {
            let message = refusal {
                $0.losses = [loss]
                $0.divergence.kind = .forwardKL
            }
            #expect(message?.contains("reverse_kl beside the loss \(loss.rawValue)") == true, "\(loss)")
        }
    }

    @Test func weightsOfPairsNeedPairs() {
        let message = refusal {
            $0.losses = [.aot]
            $0.usesWeighting = true
        }
        #expect(message?.contains("false beside the loss aot") == true)
    }

    @Test func aReferenceThatFollowsIsMeasuredAgain() {
        for change: (inout DPO.Configuration) -> Void in [
            { $0.reference = "none" }, { $0.precomputesReference = true },
        ] {
            let message = refusal {
                $0.synchronization.isOn = true
                change(&$0)
            }
            #expect(message?.contains("sync_ref_model: expected false") == true)
        }
    }
}
