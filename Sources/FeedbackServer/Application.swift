import Feedback
import Hummingbird

/// The labelling app over a store.
///
/// It holds nothing that a restart would lose but start links, rate limits and answers that are just being written: all
/// else is in the store. `runService()` runs it until the process is told to end; requests under way are then finished.
///
/// - Parameters:
///   - chat: the models that answer in live chats; nil where there are none.
///   - onListening: called with the port once the server takes requests.
public func buildApplication(
    _ configuration: ServerConfiguration = ServerConfiguration(), store: FeedbackStore,
    chat: (any ChatAnswerer)? = nil, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let routes = buildRoutes(configuration, store: store, chat: chat)
    var application = Application(
        router: routes.router,
        server: .http1(configuration: .init(idleTimeout: .seconds(configuration.limits.idleSeconds))),
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port)),
        onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) })
    application.logger.logLevel = .warning
    return application
}

/// All routes, behind what every request passes: headers, errors, where it comes from, who asks.
func buildRoutes(
    _ configuration: ServerConfiguration, store: FeedbackStore, chat: (any ChatAnswerer)?
) -> Routes {
    let pages = Pages()
    let cookie = SessionCookie(isSecure: configuration.isBehindHTTPS)
    let router = Router(context: LabellingContext.self)
    router.add(middleware: SecurityHeaders(isBehindHTTPS: configuration.isBehindHTTPS))
    router.add(middleware: ErrorAnswers(pages: pages))
    router.add(middleware: OriginCheck(configuration: configuration))
    router.add(
        middleware: VisitorCheck(
            store: store, cookie: cookie, sessions: RateLimiter(configuration.limits.sessionRate),
            addresses: RateLimiter(configuration.limits.addressRate),
            isBehindHTTPS: configuration.isBehindHTTPS))

    let routes = Routes(router, limits: configuration.limits)
    routes.open(.get, "/assets/:name", Assets.answer)
    EntrancePages(
        store: store, pages: pages, cookie: cookie, startLink: configuration.startLink,
        attempts: RateLimiter(configuration.limits.entranceRate)
    ).add(to: routes)
    AccountPages(store: store, pages: pages, cookie: cookie).add(to: routes)
    JudgingPages(store: store, pages: pages, hasModels: chat != nil).add(to: routes)
    JudgingAPI(store: store, progress: ProgressCache(store), priorities: PriorityKeeper(store)).add(
        to: routes)
    ChatAPI(store: store, chat: chat).add(to: routes)
    let reports = StudyReports(store)
    StudyPages(store: store, pages: pages, reports: reports).add(to: routes)
    ProjectPages(store: store, pages: pages).add(to: routes)
    ItemPages(store: store, pages: pages, reports: reports).add(to: routes)
    ImportPages(store: store, pages: pages).add(to: routes)
    ExportPages(store: store, pages: pages).add(to: routes)
    PeoplePages(store: store, pages: pages, isBehindHTTPS: configuration.isBehindHTTPS).add(to: routes)
    RecordPages(store: store, pages: pages).add(to: routes)
    return routes
}
