//! What a large history costs: 10,000 calls on 10 keys by 10 clients, one in a hundred of unknown
//! outcome.

#[path = "../tests/support/mod.rs"]
mod support;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use stormglass_history::{Answer, Bounds, HistoryOf, check, decide};
use support::large::{self, Planted, Registers};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const PLANTED: [Planted; 3] = [Planted::Nothing, Planted::NearTheStart, Planted::AtTheEnd];

fn history(planted: Planted) -> HistoryOf<Registers> {
    large::history(large::SEED, 10, planted)
}

/// The answer alone; items are calls.
#[divan::bench(args = PLANTED)]
fn answer(bencher: Bencher, planted: Planted) {
    let (model, history) = (large::model(), history(planted));
    let expected = match planted {
        Planted::Nothing => Answer::Linearizable,
        Planted::NearTheStart | Planted::AtTheEnd => Answer::NotLinearizable,
    };
    bencher.counter(ItemsCount::new(history.calls().len())).bench_local(|| {
        let (answer, effort) = decide(&model, &history, Bounds::default());
        assert_eq!(answer, expected);
        effort
    });
}

/// The answer, and the witness or the explanation; items are calls.
#[divan::bench(args = PLANTED)]
fn answer_and_reason(bencher: Bencher, planted: Planted) {
    let (model, history) = (large::model(), history(planted));
    bencher
        .counter(ItemsCount::new(history.calls().len()))
        .bench_local(|| check(&model, &history, Bounds::default()));
}

/// The answer for as many calls on one key, where nearly all clients are at it at once; items are
/// calls.
#[divan::bench]
fn answer_on_one_key(bencher: Bencher) {
    let (model, history) = (large::model(), large::history(large::SEED, 1, Planted::Nothing));
    bencher.counter(ItemsCount::new(history.calls().len())).bench_local(|| {
        let (answer, effort) = decide(&model, &history, Bounds::default());
        assert_eq!(answer, Answer::Linearizable);
        effort
    });
}
