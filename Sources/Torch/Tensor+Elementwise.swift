import CTorch

// Broadcasting follows libtorch: dimensions are matched from the last, and a size of one stretches. With a number, a
// tensor of integers keeps its type where the number is whole (division aside).

extension Tensor {
    private func unary(_ operation: ctorch_unary_operation) -> Tensor {
        produce(self) { ctorch_unary(operation, $0[0], $1) }
    }

    public static prefix func - (x: Tensor) -> Tensor { x.unary(CTORCH_NEGATE) }
    public func exp() -> Tensor { unary(CTORCH_EXP) }
    public func log() -> Tensor { unary(CTORCH_LOG) }
    /// log(1 + x), accurate near zero.
    public func log1p() -> Tensor { unary(CTORCH_LOG1P) }
    /// exp(x) − 1, accurate near zero.
    public func expm1() -> Tensor { unary(CTORCH_EXPM1) }
    public func squareRoot() -> Tensor { unary(CTORCH_SQRT) }
    public func reciprocalSquareRoot() -> Tensor { unary(CTORCH_RSQRT) }
    public func squared() -> Tensor { unary(CTORCH_SQUARE) }
    public func magnitude() -> Tensor { unary(CTORCH_ABS) }
    public func sigmoid() -> Tensor { unary(CTORCH_SIGMOID) }
    /// log(1 / (1 + exp(−x))), stable at both ends.
    public func logSigmoid() -> Tensor { unary(CTORCH_LOG_SIGMOID) }
    public func tanh() -> Tensor { unary(CTORCH_TANH) }
    public func silu() -> Tensor { unary(CTORCH_SILU) }
    /// ½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation of GELU (Hendrycks & Gimpel, 2016).
    public func geluTanh() -> Tensor { unary(CTORCH_GELU_TANH) }
    public func softplus() -> Tensor { unary(CTORCH_SOFTPLUS) }
    public func cosine() -> Tensor { unary(CTORCH_COS) }
    public func sine() -> Tensor { unary(CTORCH_SIN) }
    public func isFinite() -> Tensor { unary(CTORCH_IS_FINITE) }
    public static prefix func ! (x: Tensor) -> Tensor { x.unary(CTORCH_NOT) }

    public func power(_ exponent: Double) -> Tensor { produce(self) { ctorch_pow($0[0], exponent, $1) } }

    public func clamped(to range: ClosedRange<Double>) -> Tensor {
        produce(self) { ctorch_clamp($0[0], range.lowerBound, range.upperBound, $1) }
    }

    /// `value` where `mask` is true.
    public func filled(where mask: Tensor, with value: Double) -> Tensor {
        produce(self, mask) { ctorch_masked_fill($0[0], $0[1], value, $1) }
    }

    /// Elements of `a` where `condition` holds, of `b` elsewhere.
    public static func select(_ condition: Tensor, _ a: Tensor, else b: Tensor) -> Tensor {
        produce(condition, a, b) { ctorch_where($0[0], $0[1], $0[2], $1) }
    }
}

extension Tensor {
    private static func binary(_ operation: ctorch_binary_operation, _ a: Tensor, _ b: Tensor) -> Tensor {
        produce(a, b) { ctorch_binary(operation, $0[0], $0[1], $1) }
    }

    private static func binary(_ operation: ctorch_binary_operation, _ a: Tensor, _ b: Double) -> Tensor {
        produce(a) { ctorch_binary_scalar(operation, $0[0], b, $1) }
    }

    public static func + (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_ADD, a, b) }
    public static func - (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_SUBTRACT, a, b) }
    public static func * (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_MULTIPLY, a, b) }
    public static func / (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_DIVIDE, a, b) }
    public static func + (a: Tensor, b: Double) -> Tensor { binary(CTORCH_ADD, a, b) }
    public static func - (a: Tensor, b: Double) -> Tensor { binary(CTORCH_SUBTRACT, a, b) }
    public static func * (a: Tensor, b: Double) -> Tensor { binary(CTORCH_MULTIPLY, a, b) }
    public static func / (a: Tensor, b: Double) -> Tensor { binary(CTORCH_DIVIDE, a, b) }
    public static func + (a: Double, b: Tensor) -> Tensor { b + a }
    public static func - (a: Double, b: Tensor) -> Tensor { -b + a }
    public static func * (a: Double, b: Tensor) -> Tensor { b * a }

    public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(CTORCH_MINIMUM, a, b) }
    public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(CTORCH_MAXIMUM, a, b) }
    public static func minimum(_ a: Tensor, _ b: Double) -> Tensor { binary(CTORCH_MINIMUM, a, b) }
    public static func maximum(_ a: Tensor, _ b: Double) -> Tensor { binary(CTORCH_MAXIMUM, a, b) }

    // Comparisons give tensors of Bool.
    public static func .== (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_EQUAL, a, b) }
    public static func .!= (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_NOT_EQUAL, a, b) }
    public static func .< (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_LESS, a, b) }
    public static func .<= (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_LESS_EQUAL, a, b) }
    public static func .> (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_GREATER, a, b) }
    public static func .>= (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_GREATER_EQUAL, a, b) }
    public static func .== (a: Tensor, b: Double) -> Tensor { binary(CTORCH_EQUAL, a, b) }
    public static func .!= (a: Tensor, b: Double) -> Tensor { binary(CTORCH_NOT_EQUAL, a, b) }
    public static func .< (a: Tensor, b: Double) -> Tensor { binary(CTORCH_LESS, a, b) }
    public static func .<= (a: Tensor, b: Double) -> Tensor { binary(CTORCH_LESS_EQUAL, a, b) }
    public static func .> (a: Tensor, b: Double) -> Tensor { binary(CTORCH_GREATER, a, b) }
    public static func .>= (a: Tensor, b: Double) -> Tensor { binary(CTORCH_GREATER_EQUAL, a, b) }
    public static func .& (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_AND, a, b) }
    public static func .| (a: Tensor, b: Tensor) -> Tensor { binary(CTORCH_OR, a, b) }
}
