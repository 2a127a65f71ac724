import Hummingbird

/// What is known about a request besides itself.
struct LabellingContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The network address that it came from.
    var address: String
    /// Who is signed in; nil for anybody.
    var visitor: Visitor?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }
}
