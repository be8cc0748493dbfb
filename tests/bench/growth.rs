//! How the cost of a fit grows with rows and features: CPU seconds of the process, all threads together.
//!
//! `cargo bench --bench growth` fits 10^4 to 10^6 rows; with `-- 10000000` up to 10^7.

#![allow(clippy::expect_used, reason = "a benchmark that cannot run should say so and stop")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fs::read_to_string;

use limpid::data::{Column, Table, TableBuilder};
use limpid::domain::{Cell, FeatureId};
use limpid::model::additive::{ValidAdditiveParams, fit};
use limpid::model::{FitData, NoProgress, Progress};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Ticks of processor time in a second, as Linux reports it.
const TICKS_A_SECOND: f64 = 100.0;

/// Counts the looks at the people left out.
#[derive(Default)]
struct Looks(std::sync::atomic::AtomicU32);

impl Progress for Looks {
    fn step(&self, done: usize, of: usize) {
        // The last call of a stage reports its end, not a look.
        if done < of {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    fn cancelled(&self) -> bool {
        NoProgress.cancelled()
    }
}

struct Rows {
    table: Table,
    outcome: Vec<bool>,
    person: Vec<u32>,
    features: Vec<FeatureId>,
}

impl Rows {
    /// A tenth positive or so, every fifth feature a category of 50 levels, ten rows a person; the first
    /// two numbers have an effect together.
    fn draw(rows: usize, width: u16) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let names: Vec<String> = (0..50).map(|level| format!("level {level}")).collect();
        let mut score = vec![-2.5; rows];
        let mut first: Vec<f64> = Vec::new();
        let mut builder = TableBuilder::default();
        for feature in 0..width {
            if feature % 5 == 4 {
                let levels: Vec<usize> = (0..rows).map(|_| rng.gen_range(0..names.len())).collect();
                for (score, level) in score.iter_mut().zip(&levels) {
                    *score += (level % 7) as f64 / 10.0 - 0.3;
                }
                builder.push(Column::categorical(levels.iter().map(|&level| Cell::Category(&names[level]))));
            } else {
                let numbers: Vec<f64> = (0..rows).map(|_| rng.gen_range(-1.0..1.0)).collect();
                for (score, x) in score.iter_mut().zip(&numbers) {
                    *score += 0.5 * x * x - 0.15;
                }
                if feature == 1 {
                    for ((score, x), y) in score.iter_mut().zip(&numbers).zip(&first) {
                        *score += x * y;
                    }
                }
                builder.push(Column::numeric(numbers.iter().map(|&x| Cell::Number(x))));
                if feature == 0 {
                    first = numbers;
                }
            }
        }
        let outcome = score.iter().map(|score| rng.gen_bool(1.0 / (1.0 + libm::exp(-score)))).collect();
        Self {
            table: builder.finish().expect("columns have the same length"),
            outcome,
            person: (0..).take(rows).map(|row: u32| row / 10).collect(),
            features: (0..width).map(FeatureId).collect(),
        }
    }
}

/// User time of this process so far, in seconds.
fn cpu_seconds() -> f64 {
    let stat = read_to_string("/proc/self/stat").expect("Linux reports the time of a process");
    // The name, in brackets, may hold spaces; the time is the 12th field after it.
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    let ticks = fields.split_whitespace().nth(11).and_then(|ticks| ticks.parse::<f64>().ok());
    ticks.expect("the time is a number") / TICKS_A_SECOND
}

fn machine() -> String {
    let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {threads} threads", name.map_or("unknown processor", |(_, name)| name))
}

fn main() {
    let most = std::env::args().filter_map(|argument| argument.parse().ok()).max().unwrap_or(1_000_000);
    println!("{}", machine());
    println!("drawn rows, every fifth feature a category of 50 levels, one pair; default settings");
    println!(
        "{:>9} {:>8} {:>7} {:>9} {:>13} {:>19}",
        "rows", "features", "rounds", "CPU s", "ns/cell", "ns/cell and round"
    );
    for width in [10_u16, 30] {
        for rows in [10_000, 100_000, 1_000_000, 10_000_000].into_iter().filter(|&rows| rows <= most) {
            let drawn = Rows::draw(rows, width);
            let data = FitData {
                table: &drawn.table,
                features: &drawn.features,
                outcome: &drawn.outcome,
                person: &drawn.person,
            };
            let (looks, before) = (Looks::default(), cpu_seconds());
            let model =
                fit(&data, &ValidAdditiveParams::default(), &looks).expect("the rows can be learned from");
            let seconds = cpu_seconds() - before;
            // Boosting looks up after every five rounds.
            let rounds = 5 * looks.0.into_inner();
            let nanos = seconds * 1e9 / (rows as f64 * f64::from(width));
            println!(
                "{rows:>9} {width:>8} {rounds:>7} {seconds:>9.2} {nanos:>13.1} {:>19.2}  ({} pairs)",
                nanos / f64::from(rounds),
                model.pairs().len()
            );
        }
    }
}
