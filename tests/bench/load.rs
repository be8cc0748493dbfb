//! Latency of the whole service over loopback gRPC when calls come at a given rate.
//!
//! The loop is open: calls are due at moments that were drawn before (independent callers, so a
//! Poisson process), leave then whether or not earlier ones have been answered, and a latency counts
//! from the moment at which its call was due. A service that falls behind is charged for all who wait
//! (no coordinated omission). The generator shares the machine's cores with the service, so requests are
//! encoded before the first one is sent, and answers are decoded after the last one has come.
//!
//! `cargo bench --bench load -- --rate 1000 --candidates 100 --seconds 20`

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]
#![allow(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod raw;
mod service;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use limpid::admission::{Admission, LimitConfig, Limits};
use limpid::app::{self, Listeners, Listening, Serving};
use limpid::fairness::LabelFolder;
use limpid::rpc::pb::{self, ReasonView};
use limpid::web::Framing;
use prost::Message;
use prost::bytes::Bytes;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use service::{Service, TENANT, bid};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

/// The allocator of the served binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Name of the generator's threads, by which their time is told from the service's.
const GENERATOR: &str = "generator";
/// Longest wait for calls under way.
const DRAIN: Duration = Duration::from_secs(10);

/// How calls come.
#[derive(Parser)]
struct Load {
    /// Calls a second; several are run one after another.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000.0])]
    rate: Vec<f64>,
    /// Ads that compete in each call.
    #[arg(long, default_value_t = 100)]
    candidates: usize,
    /// How long calls come.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Connections that the calls take in turn.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// The folder in which the log is kept while this runs.
    #[arg(long, default_value = "/tmp")]
    folder: PathBuf,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let load = Load::parse();
    let folder = tempfile::tempdir_in(&load.folder).expect("a folder");
    println!("machine: {}", machine());
    println!("disk: {}", disk(folder.path()));
    let serving = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let service = Arc::new(serving.block_on(Service::open(folder.path())));
    println!(
        "data: the bundled example, {} people, {} ads, an additive model of {}",
        service.subjects.len(),
        service.ads.len(),
        service.model
    );
    let listener = serving.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let engine = service.engine.clone();
    let limits = Limits::of(&LimitConfig::default()).expect("defaults are sound");
    let told = Serving {
        framing: Framing::default(),
        admission: Arc::new(Admission::open(limits)),
        listeners: Listeners::Joined(Listening::plain(listener)),
        participants: None,
        labels: LabelFolder::at("no-labels".into()),
        drain_max: DRAIN,
    };
    let served = serving.spawn(async move {
        let stopped = async { drop(stopped.await) };
        app::serve(engine, told, stopped).await
    });

    let calling = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(GENERATOR)
        .enable_all()
        .build()
        .expect("one");
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address").tcp_nodelay(true);
    let connect = || calling.block_on(endpoint.connect()).expect("a connection");
    let channels: Vec<Channel> = (0..load.connections).map(|_| connect()).collect();
    let caller = Caller { service: &service, channels, calling: &calling, candidates: load.candidates };
    let warm = caller.meet_everyone();
    println!("warm: {warm} people decided for once, one call at a time on each connection");
    let mut first = warm;
    for &rate in &load.rate {
        let due = moments(rate, load.seconds);
        println!("\n{rate}/s, open loop, {} calls; load average {}", due.len(), load_average());
        println!(" asking for health alone: what the way costs on this machine");
        caller.call_at(&due, raw::HEALTH, |_| Bytes::new());
        println!(" asking for an ad among {}", load.candidates);
        let answers = caller.call_at(&due, raw::RECOMMEND, |call| caller.request(first + call));
        assert!(answers.iter().all(|answer| answer.ads() == 1), "every call is answered with an ad");
        first += due.len();
    }
    drop(caller);
    drop(calling);
    stop.send(()).expect("a service that runs");
    serving.block_on(served).expect("a service that ends").expect("no error");
    println!("\n{}", records(folder.path()));
}

/// What the log took, per decision.
fn records(folder: &Path) -> String {
    let file = rusqlite::Connection::open(folder.join(limpid::store::FILE_NAME)).expect("the log");
    let (decisions, bytes): (f64, f64) = file
        .query_row("SELECT count(*), avg(length(envelope)) FROM decisions", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("decisions");
    let size = fs::metadata(folder.join(limpid::store::FILE_NAME)).expect("the log").len() as f64;
    format!(
        "{decisions} records of {bytes:.0} bytes on average; the file has {:.0} bytes for each",
        size / decisions
    )
}

struct Caller<'s> {
    service: &'s Service,
    channels: Vec<Channel>,
    calling: &'s Runtime,
    candidates: usize,
}

/// What became of one call.
struct Answer {
    since_due: Duration,
    since_sent: Duration,
    response: Bytes,
}

impl Answer {
    /// How many of its ads have reasons.
    fn ads(&self) -> usize {
        let response = pb::RecommendResponse::decode(self.response.clone()).expect("a response");
        response.ads.iter().filter(|ad| !ad.reasons.is_empty()).count()
    }
}

impl Caller<'_> {
    /// One call for each person, so that nobody is new to the log later.
    fn meet_everyone(&self) -> usize {
        let people = self.service.subjects.len();
        for first in (0..people).step_by(self.channels.len()) {
            let calls = first..people.min(first + self.channels.len());
            let calls = calls.map(|call| self.send(call, raw::RECOMMEND, self.request(call), Instant::now()));
            for call in calls.collect::<Vec<_>>() {
                self.calling.block_on(call).expect("a call that ends");
            }
        }
        people
    }

    /// Calls at these moments, and tells how long the answers took.
    fn call_at(&self, due: &[Duration], path: &'static str, request: impl Fn(usize) -> Bytes) -> Vec<Answer> {
        let requests: Vec<Bytes> = (0..due.len()).map(request).collect();
        let before = Time::now();
        let start = Instant::now() + Duration::from_millis(100);
        let calls: Vec<_> = due
            .iter()
            .zip(requests)
            .enumerate()
            .map(|(call, (due, request))| self.send(call, path, request, start + *due))
            .collect();
        let answers: Vec<Answer> =
            calls.into_iter().map(|call| self.calling.block_on(call).expect("a call that ends")).collect();
        let took = start.elapsed();
        let spent = Time::now().since(before);
        let each = |total: Duration| total.as_secs_f64() * 1e6 / answers.len() as f64;
        println!("  since due:  {}", percentiles(answers.iter().map(|answer| answer.since_due).collect()));
        println!("  since sent: {}", percentiles(answers.iter().map(|answer| answer.since_sent).collect()));
        println!(
            "  {:.0} answered a second; CPU a call: service {:.0} µs, generator {:.0} µs; both {:.2} of {} cores",
            answers.len() as f64 / took.as_secs_f64(),
            each(spent.service),
            each(spent.generator),
            (spent.service + spent.generator).as_secs_f64() / took.as_secs_f64(),
            std::thread::available_parallelism().map_or(0, usize::from)
        );
        answers
    }

    /// Sends call number `call` when it is due.
    fn send(&self, call: usize, path: &'static str, request: Bytes, due: Instant) -> JoinHandle<Answer> {
        let channel = self.channels[call % self.channels.len()].clone();
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        self.calling.spawn(async move {
            let sent = Instant::now();
            let response = raw::call(channel, path, request).await.expect("an answer");
            Answer { since_due: due.elapsed(), since_sent: sent.elapsed(), response }
        })
    }

    /// Call number `call` as it travels.
    fn request(&self, call: usize) -> Bytes {
        let ((person, _), ads) = self.service.turn(call, self.candidates);
        let price = bid();
        let bid = pb::Bid {
            pricing: pb::Pricing::Cpa.into(),
            micros: price.micros,
            currency: price.currency.code().to_owned(),
        };
        let candidate = |ad: &limpid::domain::AdId| pb::Candidate {
            ad_id: ad.as_str().to_owned(),
            bid: Some(bid.clone()),
            ad: None,
        };
        let request = pb::RecommendRequest {
            tenant: TENANT.to_owned(),
            impression: Some(pb::Impression { id: format!("i-{call}"), ..pb::Impression::default() }),
            subject: Some(pb::Subject {
                id: person.clone(),
                accepted_purposes: (1..=11).collect(),
                ..pb::Subject::default()
            }),
            candidates: ads.into_iter().map(candidate).collect(),
            account_view: pb::AccountView::Selected.into(),
            reason_view: ReasonView::Codes.into(),
            ..pb::RecommendRequest::default()
        };
        request.encode_to_vec().into()
    }
}

/// When calls are due: gaps of a Poisson process, drawn from a fixed seed.
fn moments(rate: f64, seconds: f64) -> Vec<Duration> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut at = 0.0;
    let gaps = std::iter::from_fn(|| {
        at -= libm::log1p(-rng.r#gen::<f64>()) / rate;
        (at < seconds).then(|| Duration::from_secs_f64(at))
    });
    gaps.collect()
}

fn percentiles(mut latencies: Vec<Duration>) -> String {
    latencies.sort_unstable();
    let ms = |per_mille: usize| {
        let at = (latencies.len() * per_mille / 1_000).min(latencies.len() - 1);
        latencies[at].as_secs_f64() * 1e3
    };
    format!(
        "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, max {:.2} ms",
        ms(500),
        ms(900),
        ms(990),
        ms(999),
        ms(1_000)
    )
}

/// Time on a core so far.
#[derive(Clone, Copy)]
struct Time {
    service: Duration,
    generator: Duration,
}

impl Time {
    /// What the threads of this process had: the first one and those of the generator send calls.
    fn now() -> Self {
        let mut time = Self { service: Duration::ZERO, generator: Duration::ZERO };
        for thread in fs::read_dir("/proc/self/task").expect("Linux").flatten() {
            let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            let nanoseconds = read("schedstat").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            let first = thread.file_name().to_str() == Some(&std::process::id().to_string());
            let sends = first || read("comm").starts_with(GENERATOR);
            let part = if sends { &mut time.generator } else { &mut time.service };
            *part += Duration::from_nanos(nanoseconds);
        }
        time
    }

    fn since(self, before: Self) -> Self {
        Self {
            service: self.service.saturating_sub(before.service),
            generator: self.generator.saturating_sub(before.generator),
        }
    }
}

fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{} x {cores}, load average {}", model.unwrap_or("unknown").trim(), load_average())
}

fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// What a sync of 4 KiB costs in `folder`.
fn disk(folder: &Path) -> String {
    use std::io::Write;
    let mut file = fs::File::create(folder.join("sync")).expect("a file");
    let mut syncs: Vec<Duration> = (0..500)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).expect("a sync");
            start.elapsed()
        })
        .collect();
    syncs.sort_unstable();
    let ms = |at: usize| syncs[at].as_secs_f64() * 1e3;
    format!("a sync of 4 KiB takes {:.2} ms in the median, {:.2} ms at p99", ms(250), ms(495))
}
