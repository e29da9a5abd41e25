//! Tables in Markdown that can be read as they are.

/// Rows of cells under a head. The first column is of words, the others are of figures.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these heads of columns.
    pub fn new<'h>(head: impl IntoIterator<Item = &'h str>) -> Self {
        Table { rows: vec![head.into_iter().map(str::to_owned).collect()] }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If it has not as many cells as the head.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().collect();
        assert_eq!(cells.len(), self.rows[0].len(), "a row has a cell for each column");
        self.rows.push(cells);
    }

    /// All columns as wide as their widest cell.
    pub fn markdown(&self) -> String {
        let widths: Vec<_> = (0..self.rows[0].len())
            .map(|column| {
                self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
            })
            .collect();
        let rule = widths.iter().enumerate().map(|(column, width)| match column {
            0 => format!("|{}", "-".repeat(width + 2)),
            _ => format!("|{}:", "-".repeat(width + 1)),
        });
        let mut lines: Vec<_> = self.rows.iter().map(|row| line(row, &widths)).collect();
        lines.insert(1, rule.collect::<String>() + "|");
        lines.join("\n") + "\n"
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, &width))| match column {
        0 => format!("| {cell:<width$} "),
        _ => format!("| {cell:>width$} "),
    });
    cells.collect::<String>() + "|"
}

/// Three digits that matter, and a comma after each three before the point.
pub fn figure(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.0005 => "< 0.001".to_owned(),
        size if size < 0.995 => format!("{number:.3}"),
        size if size < 9.995 => format!("{number:.2}"),
        size if size < 99.95 => format!("{number:.1}"),
        _ => count(number.round() as u64),
    }
}

/// With a comma after each three digits.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let mut table = Table::new(["row", "ns"]);
        table.row(["a longer name".to_owned(), figure(1234.5)]);
        let expected = "\
| row           |    ns |
|---------------|------:|
| a longer name | 1,235 |
";
        assert_eq!(table.markdown(), expected);
    }

    #[test]
    fn figures_have_three_digits_that_matter() {
        let shown = [0.0, 0.0001, 0.25, 1.999, 9.999, 12.34, 99.99, 1_234_567.8].map(figure);
        let expected = ["0", "< 0.001", "0.250", "2.00", "10.0", "12.3", "100", "1,234,568"];
        assert_eq!(shown, expected);
    }
}
