/// Heed itself.
public enum Heed {
    public static let version = "0.1.0"
}
