//! How figures grow with the number of tasks, as a picture.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, anyhow};
use plotters::prelude::*;
use serde_json::Value;

/// The names of the figures that are drawn: `scheduler.growth_1000.register_ms`.
const PREFIX: &str = "scheduler.growth_";

const SIZE: (u32, u32) = (960, 640);

/// What is drawn, each in a panel of its own: the last part of the name, and its title.
const PANELS: [(&str, &str); 4] = [
    ("register_ms", "registering all, ms"),
    ("bytes_per_task", "resident bytes per task"),
    ("idle_cpu_percent", "idle processor time, % of a core"),
    ("lateness_p99_ms", "lateness at 100 fires/s, p99 in ms"),
];

type Points = BTreeMap<u32, f64>;

/// Draws the growth; says whether there was any to draw.
pub(super) fn growth(file: &Path, figures: &[Value]) -> Result<bool> {
    let panels: Vec<_> = PANELS.iter().map(|(key, title)| (points(figures, key), *title)).collect();
    if panels.iter().any(|(points, _)| points.len() < 2) {
        return Ok(false);
    }
    let mut picture = String::new();
    draw(&mut picture, &panels).map_err(|reason| anyhow!("can't draw the growth: {reason}"))?;
    picture.push('\n');
    fs::write(file, picture).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(true)
}

fn points(figures: &[Value], key: &str) -> Points {
    let point = |figure: &Value| {
        let name = figure["name"].as_str()?.strip_prefix(PREFIX)?;
        let (tasks, of) = name.split_once('.')?;
        (of == key).then_some((tasks.parse().ok()?, figure["value"].as_f64()?))
    };
    figures.iter().filter_map(point).collect()
}

fn draw(picture: &mut String, panels: &[(Points, &str)]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(picture, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (points, title)) in root.split_evenly((2, 2)).iter().zip(panels) {
        panel(area, points, title)?;
    }
    root.present()?;
    Ok(())
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    points: &Points,
    title: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let tasks = |end: Option<(&u32, &f64)>| end.map_or(1, |(tasks, _)| *tasks);
    let (fewest, most) = (tasks(points.first_key_value()), tasks(points.last_key_value()));
    let highest = points.values().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(56)
        .build_cartesian_2d((fewest..most).log_scale(), 0.0..highest * 1.1)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_desc("tasks")
        .x_label_formatter(&|tasks| thousands(*tasks))
        .draw()?;
    chart.draw_series(LineSeries::new(points.iter().map(|(x, y)| (*x, *y)), &BLUE))?;
    chart.draw_series(points.iter().map(|(x, y)| Circle::new((*x, *y), 3, BLUE.filled())))?;
    Ok(())
}

fn thousands(tasks: u32) -> String {
    match tasks {
        1_000_000.. => format!("{}M", tasks / 1_000_000),
        1_000.. => format!("{}k", tasks / 1_000),
        _ => tasks.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn growth_is_drawn_in_four_panels() {
        let figure = |tasks: u32, key: &str| json!({ "name": format!("{PREFIX}{tasks}.{key}"), "value": f64::from(tasks) / 3.0 });
        let figures: Vec<_> = [1_000, 1_000_000]
            .into_iter()
            .flat_map(|tasks| PANELS.map(|(key, _)| figure(tasks, key)))
            .collect();
        let panels = PANELS.map(|(key, title)| (points(&figures, key), title));
        assert!(panels.iter().all(|(points, _)| points.len() == 2));
        let mut picture = String::new();
        draw(&mut picture, &panels).unwrap();
        assert!(picture.starts_with("<svg"), "{picture}");
        assert!(PANELS.iter().all(|(_, title)| picture.contains(title)), "{picture}");
        assert_eq!(picture.matches("<circle").count(), 8);
    }
}
