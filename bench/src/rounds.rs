//! Rounds: everything is timed in turn, again and again, so that whatever else happens to the
//! computer falls on all of it. The median of the rounds counts.

/// The figure in the middle; of an even number, the smaller of the two there.
///
/// # Panics
///
/// If there is none.
pub fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures[(figures.len() - 1) / 2]
}

/// The median of how many times as much one took as the other in the same round.
pub fn ratio(ones: &[f64], others: &[f64]) -> f64 {
    assert_eq!(ones.len(), others.len(), "both were measured in every round");
    let ratios: Vec<_> = ones.iter().zip(others).map(|(one, other)| one / other).collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0]), 1.0);
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        // The computer was busy in the second round.
        assert_eq!(ratio(&[20.0, 60.0, 20.0], &[10.0, 30.0, 10.0]), 2.0);
    }
}
