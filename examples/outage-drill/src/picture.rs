//! The timeline as an SVG, drawn by hand.

use crate::drill::{Plan, Record, Side};
use crate::report::percentile;
use std::fmt::Write;
use std::time::Duration;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 800.0;
/// Where the time axis begins and ends.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 936.0;
/// The width of a bar, in time.
const BIN: Duration = Duration::from_millis(500);

const STYLE: &str = "
text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#33383f}
.paper{fill:#fbfbfa}.title{font-size:21px;font-weight:600}.head{font-size:14px;font-weight:600}.small{font-size:12px;fill:#666d76}
.middle{text-anchor:middle}.end{text-anchor:end}.onband{font-size:12px;fill:#1d2126}
.grid{stroke:#dfe1e4}.edge{stroke:#b9bec5;stroke-dasharray:2 4}.axis{stroke:#8a9099}
.healthy,.closed{fill:#a8d5b5}.slow,.half-open{fill:#f2d38b}.failing{fill:#f0b08f}.dead,.open{fill:#e79a9d}.recovering{fill:#b9d3ea}
.ok{fill:#4ba36d}.failed{fill:#d4504f}.refused{fill:#c3c8ce}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.thin{stroke-width:1}
.sent{stroke:#33383f;stroke-width:1.5}.bare{stroke:#d9772b}.protected{stroke:#2f72b9}
.bare-area{fill:#d9772b;fill-opacity:.16}.protected-area{fill:#2f72b9;fill-opacity:.2}
@media(prefers-color-scheme:dark){
text{fill:#d6dade}.paper{fill:#1b1e22}.small{fill:#9aa2ab}.onband{fill:#14171a}
.grid{stroke:#30353b}.edge{stroke:#555c65}.axis{stroke:#6d747d}.refused{fill:#59616a}.sent{stroke:#e3e6e9}
.healthy,.closed{fill:#6fae83}.slow,.half-open{fill:#cfa94f}.failing{fill:#cb8460}.dead,.open{fill:#c46a6e}.recovering{fill:#7fa6c9}
}
";

/// The picture of one run.
pub fn draw(plan: &Plan, record: &Record) -> String {
    let mut page = Page {
        svg: String::new(),
        length: plan.length().as_secs_f64(),
        edges: plan.spans().map(|span| span.2).collect(),
    };
    page.open();
    let (bare, protected) = (record.bare.total(), record.protected.total());
    page.text(LEFT, 36.0, "title", "Outage drill: a sick server, with and without protection");
    let subtitle = format!(
        "The same {} calls offered to both; each client has its own server, with the same program and schedule.",
        bare.offered()
    );
    page.text(LEFT, 57.0, "small", &subtitle);

    page.text(LEFT, 88.0, "head", "What the server goes through");
    for (phase, from, to) in plan.spans() {
        page.band(96.0, 22.0, (from, to), phase.name());
    }

    let top = f64::from(plan.rate) * 2.4;
    page.text(LEFT, 150.0, "head", &format!("Bare: {} sent, {} failed", bare.sent(), bare.failed));
    page.bars_legend(150.0);
    let chart = Chart { y: 160.0, height: 110.0, top, unit: "" };
    page.grid(&chart, &[0.0, f64::from(plan.rate), f64::from(plan.rate) * 2.0]);
    page.bars(&chart, plan, &record.bare);

    let head = format!(
        "Protected: {} sent, {} failed, {} refused at once",
        protected.sent(),
        protected.failed,
        protected.refused
    );
    page.text(LEFT, 304.0, "head", &head);
    page.states_legend(304.0);
    let chart = Chart { y: 314.0, height: 110.0, top, unit: "" };
    page.grid(&chart, &[0.0, f64::from(plan.rate), f64::from(plan.rate) * 2.0]);
    page.bars(&chart, plan, &record.protected);
    page.text(LEFT - 8.0, 445.0, "small end", "breaker");
    let ends = record.states.iter().skip(1).map(|(at, _)| *at).chain([plan.length()]);
    for ((from, state), to) in record.states.iter().zip(ends) {
        page.band(431.0, 20.0, (*from, to.min(plan.length())), state.name());
    }

    page.text(LEFT, 486.0, "head", "How long callers wait, refused ones too: p50 (thick) to p99 (thin)");
    page.lines_legend(486.0);
    let timeout = plan.timeout.as_secs_f64();
    let chart = Chart { y: 496.0, height: 100.0, top: timeout * 1.15, unit: " s" };
    page.grid(&chart, &[0.0, timeout / 2.0, timeout]);
    page.waits(&chart, plan, &record.bare, "bare");
    page.waits(&chart, plan, &record.protected, "protected");

    page.text(LEFT, 630.0, "head", "Calls waiting at the server, also those whose caller has given up");
    page.lines_legend(630.0);
    let most = record.bare.waiting.iter().chain(&record.protected.waiting).map(|(_, n)| *n).max().unwrap_or(0);
    let step = f64::from(most.div_ceil(100).max(1) * 50);
    let chart = Chart { y: 640.0, height: 98.0, top: step * 2.2, unit: "" };
    page.grid(&chart, &[0.0, step, step * 2.0]);
    page.waiting(&chart, &record.bare, "bare");
    page.waiting(&chart, &record.protected, "protected");

    page.time_axis(738.0);
    let healthy = |side: &Side| {
        side.healthy_after(plan).map_or("not within the drill".to_owned(), |t| format!("{:.1} s", t.as_secs_f64()))
    };
    let last = format!(
        "Healthy again for callers, counted from the server's return to life: bare {}, protected {}.",
        healthy(&record.bare),
        healthy(&record.protected)
    );
    page.text(LEFT, 784.0, "", &last);
    page.svg.push_str("</svg>\n");
    page.svg
}

/// The place and scale of one diagram.
struct Chart {
    y: f64,
    height: f64,
    /// The value at the upper edge.
    top: f64,
    unit: &'static str,
}

impl Chart {
    fn y(&self, value: f64) -> f64 {
        self.y + self.height * (1.0 - (value / self.top).min(1.0))
    }
}

struct Page {
    svg: String,
    /// Of the plan, in seconds.
    length: f64,
    /// Where phases end.
    edges: Vec<Duration>,
}

/// `write!` to a string cannot fail.
macro_rules! put {
    ($page:expr, $($what:tt)*) => {{ let _ = writeln!($page.svg, $($what)*); }};
}

impl Page {
    fn open(&mut self) {
        put!(
            self,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             role=\"img\" aria-label=\"Timeline of an outage, with and without protection\">\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"10\"/>"
        );
    }

    fn x(&self, time: Duration) -> f64 {
        LEFT + (RIGHT - LEFT) * (time.as_secs_f64() / self.length).min(1.0)
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        put!(self, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{text}</text>");
    }

    fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        if width > 0.0 && height > 0.0 {
            put!(
                self,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
            );
        }
    }

    /// A coloured stretch of time with its name, if that fits.
    fn band(&mut self, y: f64, height: f64, (from, to): (Duration, Duration), name: &str) {
        let (x, end) = (self.x(from), self.x(to));
        self.rect(name, (x, y), (end - x - 1.0, height));
        if end - x > 9.0 + 7.0 * name.len() as f64 {
            self.text((x + end) / 2.0, y + height / 2.0 + 4.5, "onband middle", name);
        }
    }

    fn grid(&mut self, chart: &Chart, values: &[f64]) {
        for i in 0..self.edges.len() {
            let x = self.x(self.edges[i]);
            put!(self, "<path class=\"edge\" d=\"M{x:.1} {}v{}\"/>", chart.y, chart.height);
        }
        for value in values {
            let y = chart.y(*value);
            put!(self, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
            self.text(LEFT - 8.0, y + 4.0, "small end", &format!("{value}{}", chart.unit));
        }
    }

    /// Stacked: answered well, failed (together: sent, with a line on top), refused.
    fn bars(&mut self, chart: &Chart, plan: &Plan, side: &Side) {
        let mut sent = String::new();
        let mut from = Duration::ZERO;
        while from < plan.length() {
            let to = (from + BIN).min(plan.length());
            let counts = side.counts(from, to);
            let (x, end) = (self.x(from), self.x(to));
            let per_second = |calls: usize| chart.y(calls as f64 / (to - from).as_secs_f64());
            let (zero, ok, all) = (per_second(0), per_second(counts.ok), per_second(counts.offered()));
            let line = per_second(counts.sent());
            for (class, lower, upper) in [("ok", zero, ok), ("failed", ok, line), ("refused", line, all)] {
                self.rect(class, (x + 0.5, upper), (end - x - 1.0, lower - upper));
            }
            let _ = write!(sent, "{}{x:.1} {line:.1}H{end:.1}", if sent.is_empty() { "M" } else { "L" });
            from = to;
        }
        put!(self, "<path class=\"line sent\" d=\"{sent}\"/>");
    }

    fn waits(&mut self, chart: &Chart, plan: &Plan, side: &Side, class: &str) {
        let (mut middle, mut high) = (Vec::new(), Vec::new());
        let mut from = Duration::ZERO;
        while from < plan.length() {
            let to = from + BIN;
            let calls = side.calls.iter().filter(|call| (from..to).contains(&call.due));
            let mut waits: Vec<_> = calls.map(|call| call.waited()).collect();
            let x = self.x(from + BIN / 2);
            if let (Some(p50), Some(p99)) = (percentile(&mut waits, 50), percentile(&mut waits, 99)) {
                middle.push((x, chart.y(p50.as_secs_f64())));
                high.push((x, chart.y(p99.as_secs_f64())));
            }
            from = to;
        }
        let area: Vec<_> = middle.iter().chain(high.iter().rev()).copied().collect();
        put!(self, "<path class=\"{class}-area\" d=\"{}Z\"/>", path(&area));
        put!(self, "<path class=\"line thin {class}\" d=\"{}\"/>", path(&high));
        put!(self, "<path class=\"line {class}\" d=\"{}\"/>", path(&middle));
    }

    fn waiting(&mut self, chart: &Chart, side: &Side, class: &str) {
        let samples = side.waiting.iter().filter(|(at, _)| at.as_secs_f64() <= self.length);
        let points: Vec<_> = samples.map(|(at, n)| (self.x(*at), chart.y(f64::from(*n)))).collect();
        put!(self, "<path class=\"line {class}\" d=\"{}\"/>", path(&points));
    }

    fn time_axis(&mut self, y: f64) {
        put!(self, "<path class=\"axis\" d=\"M{LEFT} {y}H{RIGHT}\"/>");
        let step = if self.length > 8.0 { 2 } else { 1 };
        for second in (0..=self.length as u64).step_by(step) {
            let x = self.x(Duration::from_secs(second));
            self.text(x, y + 18.0, "small middle", &format!("{second} s"));
        }
    }

    fn bars_legend(&mut self, y: f64) {
        let mut x = RIGHT - 372.0;
        self.text(x - 10.0, y, "small end", "calls per second:");
        for (class, name, width) in
            [("ok", "answered well", 112.0), ("failed", "failed", 68.0), ("refused", "refused", 76.0)]
        {
            self.rect(class, (x, y - 9.0), (11.0, 11.0));
            self.text(x + 16.0, y, "small", name);
            x += width;
        }
        put!(self, "<path class=\"line sent\" d=\"M{x:.1} {:.1}h18\"/>", y - 4.0);
        self.text(x + 23.0, y, "small", "sent to server");
    }

    fn states_legend(&mut self, y: f64) {
        let mut x = RIGHT - 202.0;
        self.text(x - 10.0, y, "small end", "breaker:");
        for (state, width) in [("closed", 68.0), ("half-open", 86.0), ("open", 0.0)] {
            self.rect(state, (x, y - 9.0), (11.0, 11.0));
            self.text(x + 16.0, y, "small", state);
            x += width;
        }
    }

    fn lines_legend(&mut self, y: f64) {
        let mut x = RIGHT - 168.0;
        for class in ["bare", "protected"] {
            put!(self, "<path class=\"line {class}\" d=\"M{x:.1} {:.1}h18\"/>", y - 4.0);
            self.text(x + 23.0, y, "small", class);
            x += 78.0;
        }
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (x, y) in points {
        let _ = write!(d, "{}{x:.1} {y:.1}", if d.is_empty() { "M" } else { "L" });
    }
    d
}
