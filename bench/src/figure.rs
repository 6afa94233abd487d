//! A measured figure.

use serde::Serialize;

/// One line of the output.
#[derive(Serialize)]
pub(crate) struct Figure<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: f64,
    pub(crate) unit: &'a str,
    /// None where the figure only helps to read another one.
    pub(crate) goal: Option<f64>,
    pub(crate) better: Better,
    /// What was measured, in one sentence.
    pub(crate) about: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Lower,
    Higher,
}

impl<'a> Figure<'a> {
    /// A figure of which less is better, rounded.
    pub(crate) fn lower(
        name: &'a str,
        (value, unit): (f64, &'a str),
        goal: Option<f64>,
        about: &'a str,
    ) -> Self {
        Self { name, value: rounded(value), unit, goal, better: Better::Lower, about }
    }

    /// A figure of which more is better, rounded.
    pub(crate) fn higher(
        name: &'a str,
        (value, unit): (f64, &'a str),
        goal: Option<f64>,
        about: &'a str,
    ) -> Self {
        Self { name, value: rounded(value), unit, goal, better: Better::Higher, about }
    }

    pub(crate) fn print(&self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// Four digits are as much as any measurement here is worth.
pub(crate) fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

/// The middle one.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

/// The value that so many per cent of the others do not exceed.
pub(crate) fn percentile(values: Vec<f64>, percent: usize) -> f64 {
    permille(values, percent * 10)
}

/// The value that so many in a thousand of the others do not exceed.
pub(crate) fn permille(mut values: Vec<f64>, permille: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * permille / 1000).min(values.len().saturating_sub(1));
    values.get(place).copied().unwrap_or(f64::NAN)
}
