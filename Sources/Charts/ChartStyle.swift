/// Colours and line styles of a series by its number.
///
/// The hues are those of Okabe and Ito (*Color Universal Design*, 2008), told apart with every common colour vision,
/// darkened on white and lightened on black for contrast. The first is a neutral, for the arm that others are
/// compared with.
public enum SeriesStyle {
    public static let count = 6

    public static func colour(_ series: Int) -> String { "s\(series % count)" }

    /// Among several series a line has its own dashes, so that colour is never the only difference.
    static func line(_ series: Int, amongSeveral: Bool) -> String {
        "line \(colour(series))" + (amongSeveral ? " d\(series % count)" : "")
    }
}

/// The style sheet shared by all charts. A page sets `color-scheme` and may override the variables.
public enum ChartStyle {
    public static let sheet: StaticString = """
        :root{--ink:#1d2330;--muted:#5d6675;--faint:#e3e6eb;--axis:#9aa2af;--paper:#fff;
        --s0:#59616f;--s1:#0067a5;--s2:#c8500a;--s3:#00805c;--s4:#a8457f;--s5:#8a6d00}
        @media (prefers-color-scheme:dark){:root{--ink:#e8ebf0;--muted:#a3acba;--faint:#2d3440;--axis:#6b7686;
        --paper:#161b22;--s0:#aab3c0;--s1:#63b3ee;--s2:#ff9a5c;--s3:#3fcf9f;--s4:#e695c4;--s5:#e2c044}}
        @media print{:root{--ink:#000;--muted:#444;--faint:#ddd;--axis:#888;--paper:#fff;
        --s0:#59616f;--s1:#0067a5;--s2:#c8500a;--s3:#00805c;--s4:#a8457f;--s5:#8a6d00}}
        .s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}
        svg.chart{display:block;max-width:100%;height:auto;overflow:visible;
        font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        .chart text{fill:var(--ink);font-size:12px}
        .chart .tick{fill:var(--muted);font-size:11px;font-variant-numeric:tabular-nums}
        .chart .axis-label{fill:var(--muted);font-size:12px}
        .chart .name{font-weight:600}
        .chart .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
        .chart .grid{stroke:var(--faint);stroke-width:1}
        .chart .axis{stroke:var(--axis);stroke-width:1}
        .chart .guide{stroke:var(--muted);stroke-width:1.2;stroke-dasharray:3 3}
        .chart .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .chart .line.d0{stroke-dasharray:12 3 2 3 2 3}.chart .line.d2{stroke-dasharray:7 3}.chart .line.d3{stroke-dasharray:2 4}
        .chart .line.d4{stroke-dasharray:9 3 2 3}.chart .line.d5{stroke-dasharray:4 3}
        .chart .path{stroke-width:1.5;opacity:.55}
        .chart .band{fill:var(--c);opacity:.16}
        .chart .column{fill:var(--c);opacity:.13}
        .chart .hatch{fill:none;stroke:var(--c);stroke-width:1;opacity:.6}
        .chart .solid{fill:var(--c)}.chart .outline{fill:none;stroke:var(--c);stroke-width:1}
        .chart .on-solid{fill:var(--paper);font-weight:600}
        .chart .bar{fill:var(--c);opacity:.85}
        .chart .interval{stroke:var(--c);stroke-width:2;stroke-linecap:round}
        .chart .interval.on-bar{stroke:var(--ink);stroke-width:1.6}
        .chart .mark{fill:var(--c);stroke:var(--paper);stroke-width:1.5}
        .chart .waypoint{fill:var(--c);stroke:none;opacity:.5}
        """
}
