import Charts
import Statistics

extension Report.Frontier {
    private static let curvePoints = 60

    /// What was wanted, of all roads.
    var goldChart: FittedChart {
        chart(
            title: "\(gold), which was wanted, against the distance from the start",
            groups: roads.enumerated().map { index, road in
                group(road, name: road.name, style: index + 1, fit: road.gold, unit: spread.gold) { $0.gold }
            })
    }

    /// What was maximised beside what was wanted, a picture for each road.
    var roadCharts: [FittedChart] {
        roads.map { road in
            chart(
                title: "\(road.name): \(proxy) and \(gold)",
                groups: [
                    group(road, name: proxy, style: 0, fit: road.proxy, unit: spread.proxy) { $0.proxy },
                    group(road, name: gold, style: 1, fit: road.gold, unit: spread.gold) { $0.gold },
                ])
        }
    }

    private func chart(title: String, groups: [FittedChart.Group]) -> FittedChart {
        FittedChart(
            title: title, summary: summary.joined(separator: " "),
            horizontal: Axis("√KL to the start, √nats", including: [0]),
            vertical: Axis("gain, in deviations of the start's answers", including: [0]), groups: groups)
    }

    private func group(
        _ road: Report.Road, name: String, style: Int, fit: Report.Fit?, unit: Double,
        _ reward: (Report.Rewards) -> Estimate?
    ) -> FittedChart.Group {
        let unit = unit > 0 ? unit : 1
        let points = road.stations.compactMap { station in
            reward(station.gain).map { gain in
                FittedChart.Measurement(
                    name: station.name, x: station.kl.mapped { max(0, $0).squareRoot() },
                    y: gain.mapped { $0 / unit })
            }
        }
        let farthest = points.map(\.x.mean).max() ?? 0
        let curve = fit.map { fit in
            let curve = fit.curve(road.form)
            return (0...Self.curvePoints).map { index in
                let distance = farthest * Double(index) / Double(Self.curvePoints)
                return FrontierChart.Station(x: distance, y: curve.gain(at: distance) / unit)
            }
        }
        return FittedChart.Group(
            name: name, style: style, points: points, curve: curve ?? [],
            turn: reward(.init(proxy: road.proxy?.turn, gold: road.gold?.turn)))
    }
}

extension Estimate {
    /// The same in other units, by a function that never falls.
    fileprivate func mapped(_ change: (Double) -> Double) -> Estimate {
        Estimate(mean: change(mean), low: low.map(change), high: high.map(change))
    }
}
