/// Clusters with equal contents counted together: a bootstrap of ten thousand items, most of which look alike, need
/// only know how many of each kind it drew.
struct ClusterKinds<Content: Hashable & Comparable>: Hashable {
    /// The contents of each kind, in rising order; kinds in the order in which they first appear.
    private(set) var contents: [[Content]] = []
    /// How many clusters there are of each kind.
    private(set) var counts: [Int] = []

    /// - Parameter clusters: for every content, the cluster it belongs to; without it each stands alone.
    init(_ contents: [Content], clusters: [Int]?) {
        var places: [[Content]: Int] = [:]
        for cluster in gathered(contents, clusters: clusters) {
            let kind = cluster.sorted()
            if let place = places[kind] {
                counts[place] += 1
            } else {
                places[kind] = counts.count
                self.contents.append(kind)
                counts.append(1)
            }
        }
    }
}

extension ClusterKinds: Sendable where Content: Sendable {}

/// The contents of each cluster, clusters in the order in which they first appear, so that a seed draws the same ones every
/// time.
///
/// - Parameter clusters: for every content, the cluster it belongs to; without it each stands alone.
func gathered<Content>(_ contents: [Content], clusters: [Int]?) -> [[Content]] {
    guard let clusters else { return contents.map { [$0] } }
    precondition(
        clusters.count == contents.count,
        "\(contents.count) values come with \(clusters.count) cluster numbers")
    var places: [Int: Int] = [:]
    var gathered: [[Content]] = []
    for (content, cluster) in zip(contents, clusters) {
        if let place = places[cluster] {
            gathered[place].append(content)
        } else {
            places[cluster] = gathered.count
            gathered.append([content])
        }
    }
    return gathered
}
