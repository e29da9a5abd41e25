//! What a number offers as simpler.

/// The numbers to try instead of `value`, the boldest first: 0, half of it, three quarters of it,
/// and so on up to `value - 1`. Nothing for 0.
///
/// The gap to `value` is halved from one to the next, so that a boundary is found in
/// O(log² value) attempts, and exactly.
pub fn smaller(value: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(value), |gap| Some(gap / 2))
        .take_while(|gap| *gap > 0)
        .map(move |gap| value - gap)
}

#[cfg(test)]
mod tests {
    use super::smaller;

    #[test]
    fn offers_go_from_zero_up_to_one_less() {
        let offers = |value| smaller(value).collect::<Vec<_>>();
        assert_eq!(offers(0), []);
        assert_eq!(offers(1), [0]);
        assert_eq!(offers(2), [0, 1]);
        assert_eq!(offers(3), [0, 2]);
        assert_eq!(offers(100), [0, 50, 75, 88, 94, 97, 99]);
        assert_eq!(offers(u64::MAX).len(), 64);
    }
}
