//! Stepping adaptively: m successes in a row cost O(log m) attempts, one failure costs one.

/// The attempts made one by one before the strides begin to double. Most streaks are short, and
/// for these a stride would only overshoot.
const ONE_BY_ONE: usize = 4;

/// A number n of at most `bound` such that `works(n)` holds and `works(n + 1)` does not, or
/// `bound` itself. `works(0)` is taken for granted.
///
/// # Errors
///
/// The first error of `works`.
pub(crate) fn find_integer<E>(
    bound: usize,
    mut works: impl FnMut(usize) -> Result<bool, E>,
) -> Result<usize, E> {
    for n in 1..=ONE_BY_ONE.min(bound) {
        if !works(n)? {
            return Ok(n - 1);
        }
    }
    let mut works_at = ONE_BY_ONE.min(bound);
    let mut fails_at = loop {
        if works_at == bound {
            return Ok(bound);
        }
        let stride = works_at.saturating_mul(2).min(bound);
        if !works(stride)? {
            break stride;
        }
        works_at = stride;
    };
    while works_at + 1 < fails_at {
        let middle = works_at + (fails_at - works_at) / 2;
        if works(middle)? {
            works_at = middle;
        } else {
            fails_at = middle;
        }
    }
    Ok(works_at)
}

#[cfg(test)]
mod tests {
    use super::find_integer;

    /// What is found if numbers up to `last` work, and after how many calls.
    fn found(last: usize, bound: usize) -> (usize, u32) {
        let mut calls = 0;
        let result = find_integer(bound, |n| {
            assert!((1..=bound).contains(&n), "asked for {n} with bound {bound}");
            calls += 1;
            Ok::<bool, ()>(n <= last)
        });
        (result.expect("no call fails"), calls)
    }

    #[test]
    fn the_last_that_works_is_found_within_the_bound() {
        for last in 0..70 {
            for bound in 0..70 {
                assert_eq!(found(last, bound).0, last.min(bound), "last {last}, bound {bound}");
            }
        }
    }

    #[test]
    fn calls_are_logarithmic() {
        assert_eq!(found(0, 1_000_000), (0, 1));
        assert_eq!(found(1_000_000, 1_000_000).1, 4 + 18);
        for power in 3..40 {
            let calls = found(1 << power, usize::MAX).1;
            assert!(calls <= 4 + 2 * power, "{calls} calls for 2^{power}");
        }
    }

    #[test]
    fn an_error_ends_it() {
        assert_eq!(find_integer(10, |n| if n < 3 { Ok(true) } else { Err(n) }), Err(3));
    }
}
