//! What the service tells of itself: calls and how long they took, decisions, tokens, and how the explanations of
//! the models that serve stood their trial. Numbers by names that are known beforehand: no person, no token, no text
//! of a reason, and no name that a caller chose.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::decide::{Engine, SelfTest, TokenOutcome};
use crate::domain::QuarantineCause;
use crate::rpc;

/// Upper ends of the buckets of durations, in seconds: those that `OpenTelemetry` advises, and finer ones below.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The names of gRPC's status codes, by number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Labels of a metric: names are known beforehand.
type Labels = Vec<(&'static str, String)>;

/// The metrics of one running service.
pub(super) struct Metrics {
    registry: Registry,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    /// By the path of the call: a histogram for each status code, at hand once it came up.
    calls: BTreeMap<String, [OnceLock<Histogram>; CODES.len()]>,
}

impl Metrics {
    /// The metrics of a service on `engine`.
    pub(super) fn of(engine: Arc<Engine>) -> Self {
        let mut registry = Registry::default();
        let durations: Family<Labels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register_with_unit(
            "rpc_server_call_duration",
            "How long calls took, by call and gRPC status",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register_collector(Box::new(OfEngine(engine)));
        let calls =
            rpc::call_names().into_iter().map(|name| (name, [const { OnceLock::new() }; CODES.len()]));
        let metrics = Self { registry, durations, calls: calls.collect() };
        // What auctions wait for is at hand from the start.
        metrics.count("limpid.v1.RecommendationService/Recommend", &HeaderMap::new(), None);
        metrics
    }

    /// Counts a call by its path, without the first slash, and by the head of its answer.
    pub(super) fn call(&self, path: &str, answer: &HeaderMap, took: Duration) {
        self.count(path, answer, Some(took));
    }

    fn count(&self, path: &str, answer: &HeaderMap, took: Option<Duration>) {
        // What is no call of ours could have any name.
        let Some(codes) = self.calls.get(path) else { return };
        let code = code(answer);
        let histogram = codes[code].get_or_init(|| {
            let labels = vec![
                ("rpc_system_name", "grpc".to_owned()),
                ("rpc_method", path.to_owned()),
                ("rpc_response_status_code", CODES[code].to_owned()),
            ];
            self.durations.get_or_create(&labels).clone()
        });
        if let Some(took) = took {
            histogram.observe(took.as_secs_f64());
        }
    }
}

/// The name of the status in the head of an answer.
pub(super) fn code_name(answer: &HeaderMap) -> &'static str {
    CODES[code(answer)]
}

/// An answer that begins without a status is a good one.
fn code(answer: &HeaderMap) -> usize {
    let code = answer.get("grpc-status").and_then(|code| code.to_str().ok()?.parse().ok());
    code.filter(|code: &usize| *code < CODES.len()).unwrap_or(0)
}

/// `GET /metrics`: text in the form of `OpenMetrics`, as Prometheus reads it.
pub(super) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(told)).with_state(metrics)
}

async fn told(State(metrics): State<Arc<Metrics>>) -> Response {
    let mut body = String::new();
    match text::encode(&mut body, &metrics.registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What the engine counted, read when it is asked for.
struct OfEngine(Arc<Engine>);

impl fmt::Debug for OfEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfEngine")
    }
}

impl Collector for OfEngine {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let tally = self.0.tally();
        let [with_ad, without_ad] = tally.decisions();
        let shown = [("ad", with_ad), ("no_ad", without_ad)];
        counters(&mut encoder, "limpid_decisions_logged", "Decisions that were logged", &shown)?;
        let tokens = TokenOutcome::ALL.map(|outcome| (outcome.name(), tally.tokens(outcome)));
        counters(&mut encoder, "limpid_tokens_opened", "Explanation tokens that were shown", &tokens)?;
        let quarantined = QuarantineCause::ALL.map(|cause| (cause.name(), tally.events_quarantined(cause)));
        counters(&mut encoder, "limpid_events_quarantined", "Events that were not believed", &quarantined)?;
        self_tests(&mut encoder, &self.0.self_tests())
    }
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &'static str,
    help: &str,
    by_outcome: &[(&'static str, u64)],
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (outcome, count) in by_outcome {
        ConstCounter::new(*count).encode(family.encode_family(&[("outcome", *outcome)])?)?;
    }
    Ok(())
}

/// One figure of a trial, with its name and what it is.
type Figure = (&'static str, &'static str, fn(&SelfTest) -> f64);

const FIGURES: [Figure; 10] = [
    ("truthful", "1 when the trial found nothing that must not be, else 0", |test| {
        f64::from(u8::from(test.is_truthful()))
    }),
    ("decisions", "Made-up decisions of the trial", |test| f64::from(test.decisions)),
    ("withheld_data", "Data that were withheld to decide again", |test| f64::from(test.withheld)),
    ("alone_data", "Of these, data that stand alone", |test| f64::from(test.alone)),
    ("alone_gap_max_nats", "Largest gap between claimed and made change of data that stand alone", |test| {
        test.alone_gap_max.to_f64()
    }),
    ("claimed_change_mean_nats", "Mean change that was claimed of a datum", |test| test.claimed_mean),
    ("made_change_mean_nats", "Mean change that was made without it", |test| test.made_mean),
    ("change_gap_max_nats", "Largest gap between claimed and made change", |test| test.gap_max),
    ("slope_max_nats", "Largest change of an account for one of a number, per range of it", |test| {
        test.slope_max
    }),
    ("disagreements", "Decisions that two audiences are told differently", |test| {
        f64::from(test.disagreements)
    }),
];

fn self_tests(encoder: &mut DescriptorEncoder<'_>, tests: &[Arc<SelfTest>]) -> Result<(), fmt::Error> {
    for (name, help, figure) in FIGURES {
        let name = format!("limpid_model_self_test_{name}");
        let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
        for test in tests {
            let labels = [
                ("model_version", test.version.short()),
                ("response", test.response.name()),
                ("kind", test.kind.name()),
            ];
            ConstGauge::new(figure(test)).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}
