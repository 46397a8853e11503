use super::*;
use std::time::Instant;
use testkit::Infra;

const SECOND: Duration = Duration::from_secs(1);

fn limits() -> AttemptLimits {
    AttemptLimits {
        origin: Bucket { burst: 20, interval: 20 * SECOND },
        account: Bucket { burst: 8, interval: 60 * SECOND },
        pair: Waits { free: 5, first: 2 * SECOND, longest: 900 * SECOND },
        guarded: Waits { free: 1, first: 60 * SECOND, longest: 900 * SECOND },
        memory: 86_400 * SECOND,
    }
}

/// In memory, and in Redis where there is one.
fn both(test: &str) -> Vec<Attempts> {
    let mut both = vec![Attempts::new(limits(), None)];
    match Infra::get() {
        Some(infra) => {
            let redis = Redis::new(&infra.redis, &format!("{}.", Infra::unique("attempts"))).unwrap();
            both.push(Attempts::new(limits(), Some(redis)));
        }
        None => testkit::skip_without_servers(test),
    }
    both
}

fn attempt(origin: &str, account: &str) -> Attempt {
    Attempt { origin: origin.to_owned(), account: account.to_owned() }
}

/// Memory's clock; Redis has its own.
const NOW: Duration = Duration::from_secs(1_800_000_000);

/// Whether a time to wait is `expected`, or was a moment ago.
fn about(wait: Duration, expected: Duration) -> bool {
    wait <= expected && wait + 5 * SECOND > expected
}

#[tokio::test]
async fn many_at_once_are_not_more_than_one_after_the_other() {
    for attempts in both("many_at_once") {
        let many = (0..60).map(|_| attempts.reserve(attempt("192.0.2.1", "amina"), NOW));
        let mut made = 0;
        for result in futures(many).await {
            match result {
                Ok(_) => made += 1,
                Err(wait) => assert!(about(wait, 2 * SECOND), "{wait:?}"),
            }
        }
        assert_eq!(made, 5);
        assert!(attempts.reserve(attempt("192.0.2.2", "amina"), NOW).await.is_ok(), "another origin");
        assert!(attempts.reserve(attempt("192.0.2.1", "zoe"), NOW).await.is_ok(), "another account");
    }
}

async fn futures<F: Future + Send>(many: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = many.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test]
async fn a_right_secret_costs_nothing_and_forgets_what_was_wrong_before() {
    for attempts in both("a_right_secret_costs_nothing") {
        for _ in 0..100 {
            let reserved = attempts.reserve(attempt("192.0.2.1", "amina"), NOW).await.unwrap();
            attempts.succeeded(reserved, NOW).await;
        }
        for _ in 0..4 {
            let _ = attempts.reserve(attempt("192.0.2.1", "amina"), NOW).await.unwrap();
        }
        let reserved = attempts.reserve(attempt("192.0.2.1", "amina"), NOW).await.unwrap();
        attempts.succeeded(reserved, NOW).await;
        for _ in 0..3 {
            let _ = attempts.reserve(attempt("192.0.2.1", "amina"), NOW).await.unwrap();
        }
        // The account has seen seven wrong ones; its eighth was given back.
        let reserved = attempts.reserve(attempt("192.0.2.2", "amina"), NOW).await.unwrap();
        attempts.not_made(reserved, NOW).await;
        assert!(attempts.reserve(attempt("192.0.2.2", "amina"), NOW).await.is_ok());
    }
}

#[tokio::test]
async fn an_origin_that_sprays_over_accounts_is_stopped_and_another_is_not() {
    for attempts in both("an_origin_that_sprays") {
        for number in 0..20 {
            let _ = attempts.reserve(attempt("192.0.2.1", &format!("account-{number}")), NOW).await.unwrap();
        }
        let wait = attempts.reserve(attempt("192.0.2.1", "account-20"), NOW).await.unwrap_err();
        assert!(about(wait, 20 * SECOND), "{wait:?}");
        assert!(attempts.reserve(attempt("192.0.2.2", "account-20"), NOW).await.is_ok());
    }
}

#[tokio::test]
async fn an_account_guessed_at_from_everywhere_is_slowed_and_never_locked() {
    for attempts in both("an_account_guessed_at_from_everywhere") {
        let from = |number: u32| attempt(&format!("192.0.2.{number}"), "amina");
        for number in 0..8 {
            let _ = attempts.reserve(from(number), NOW).await.unwrap();
        }
        for number in 8..80 {
            let _ = attempts.reserve(from(number), NOW).await.unwrap();
            let wait = attempts.reserve(from(number), NOW).await.unwrap_err();
            assert!(about(wait, 60 * SECOND), "one attempt instead of five: {wait:?}");
        }
        let owner = attempts.reserve(from(200), NOW).await.unwrap();
        attempts.succeeded(owner, NOW).await;
        let again = attempts.reserve(from(200), NOW).await.unwrap();
        attempts.succeeded(again, NOW).await;
    }
}

#[tokio::test]
async fn waits_double_up_to_the_longest_and_end() {
    let account = Bucket { burst: 1_000, interval: 60 * SECOND };
    let attempts = Attempts::new(AttemptLimits { account, ..limits() }, None);
    let mut now = NOW;
    for _ in 0..5 {
        let _ = attempts.reserve(attempt("192.0.2.1", "amina"), now).await.unwrap();
    }
    for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        let wait = attempts.reserve(attempt("192.0.2.1", "amina"), now).await.unwrap_err();
        assert_eq!(wait, seconds * SECOND);
        now += wait;
        let _ = attempts.reserve(attempt("192.0.2.1", "amina"), now).await.unwrap();
    }
    now += limits().memory;
    for _ in 0..5 {
        let _ = attempts.reserve(attempt("192.0.2.1", "amina"), now).await.unwrap();
    }
}

#[tokio::test]
async fn wrong_secrets_that_nobody_could_guess_are_counted_by_origin() {
    for attempts in both("wrong_secrets_are_counted_by_origin") {
        for _ in 0..20 {
            assert_eq!(attempts.wrong("192.0.2.1", NOW).await, None);
        }
        assert!(about(attempts.wrong("192.0.2.1", NOW).await.unwrap(), 20 * SECOND));
        assert_eq!(attempts.wrong("192.0.2.2", NOW).await, None);
        assert!(
            attempts.reserve(attempt("192.0.2.1", "amina"), NOW).await.is_ok(),
            "passwords are another count"
        );
    }
}

#[tokio::test]
async fn what_is_counted_under_a_name_is_counted_apart() {
    for attempts in both("what_is_counted_under_a_name") {
        let three = Bucket { burst: 3, interval: 60 * SECOND };
        let one_more = async |name: &str| attempts.count(name.to_owned(), &three, NOW).await;
        for _ in 0..3 {
            assert_eq!(one_more("of:amina").await, None);
        }
        for _ in 0..2 {
            assert!(about(one_more("of:amina").await.unwrap(), 60 * SECOND), "a refused one is not counted");
        }
        assert_eq!(one_more("of:zoe").await, None);
        for _ in 0..20 {
            assert_eq!(attempts.of_origin("link", "192.0.2.1", NOW).await, None);
        }
        assert!(attempts.of_origin("link", "192.0.2.1", NOW).await.is_some());
        assert_eq!(attempts.wrong("192.0.2.1", NOW).await, None, "another kind");
    }
}

#[tokio::test]
async fn replicas_count_together_and_by_themselves_while_redis_is_unavailable() {
    if let Some(infra) = Infra::get() {
        let prefix = format!("{}.", Infra::unique("attempts"));
        let replica = || Attempts::new(limits(), Some(Redis::new(&infra.redis, &prefix).unwrap()));
        let (one, other) = (replica(), replica());
        let mut made = 0;
        for _ in 0..5 {
            made += u32::from(one.reserve(attempt("192.0.2.1", "amina"), NOW).await.is_ok());
            made += u32::from(other.reserve(attempt("192.0.2.1", "amina"), NOW).await.is_ok());
        }
        assert_eq!(made, 5);
    } else {
        testkit::skip_without_servers("replicas_count_together, with Redis");
    }
    let alone = Attempts::new(limits(), Some(Redis::new("redis://127.0.0.1:1", "").unwrap()));
    let started = Instant::now();
    let mut made = 0;
    for _ in 0..60 {
        made += u32::from(alone.reserve(attempt("192.0.2.1", "amina"), NOW).await.is_ok());
    }
    assert_eq!(made, 5);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn memory_is_bounded_and_keeps_those_who_wait_longest() {
    let mut memory = Memory::default();
    let now = micros(NOW);
    let guess = attempt("192.0.2.1", "amina");
    for number in 0..u64::try_from(MAX_ENTRIES).unwrap() + 10 {
        let other = attempt(&format!("origin-{number}"), &format!("account-{number}"));
        assert_eq!(memory.reserve(&other, &limits(), now + number), 0);
    }
    assert!(memory.buckets.len() <= MAX_ENTRIES && memory.pairs.len() <= MAX_ENTRIES);
    for _ in 0..5 {
        assert_eq!(memory.reserve(&guess, &limits(), now + 1_000_000), 0);
    }
    for number in 0..u64::try_from(MAX_ENTRIES).unwrap() / 4 {
        let other = attempt(&format!("later-{number}"), &format!("later-{number}"));
        memory.reserve(&other, &limits(), now + 1_000_000 + number);
    }
    assert!(memory.reserve(&guess, &limits(), now + 1_100_000) > 0);
}
