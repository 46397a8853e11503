//! Periods on one line of time, each with its name above it, and a mark for what is decided after it.

use super::{escaped, head};
use minijinja::{Error, Value};

const WIDTH: f64 = 1000.0;
/// Where the rows begin: below the names of the months.
const TOP: f64 = 30.0;
const ROW: f64 = 56.0;
/// A period that is shorter is drawn so wide.
const MIN_WIDTH: f64 = 6.0;

/// A line of time: `data` is `{rows: [{label, shown, from, to, decides, class}], ticks: [{at, label}], today,
/// today_label}`, with places in percent of its length.
pub(crate) fn timeline(id: &str, title: &str, description: &str, data: Value) -> Result<Value, Error> {
    let text = |item: &Value, name: &str| {
        Ok::<_, Error>(item.get_attr(name)?.as_str().map(escaped).unwrap_or_default())
    };
    let place = |item: &Value, name: &str| {
        let percent = f64::try_from(item.get_attr(name)?)?;
        Ok::<_, Error>(percent / 100.0 * WIDTH)
    };
    let (mut rows, mut y) = (String::new(), TOP);
    for row in data.get_attr("rows")?.try_iter()? {
        let (from, to) = (place(&row, "from")?, place(&row, "to")?);
        let width = (to - from).max(MIN_WIDTH);
        // A name that would end beyond the line ends where its period does.
        let is_late = from > WIDTH * 0.55;
        let (anchor, x) = if is_late { ("end", (from + width).min(WIDTH)) } else { ("start", from) };
        let (label, shown) = (text(&row, "label")?, text(&row, "shown")?);
        rows.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>\
             <rect class=\"{}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"14\" rx=\"3\"><title>{label} {shown}</title></rect>",
            y + 18.0,
            text(&row, "class")?,
            y + 26.0,
        ));
        if !row.get_attr("decides")?.is_none() {
            let (x, middle) = (place(&row, "decides")?, y + 33.0);
            rows.push_str(&format!(
                "<path class=\"decides\" d=\"M{x:.1} {:.1}l8 8l-8 8l-8 -8z\"/>",
                middle - 8.0
            ));
        }
        y += ROW;
    }
    let mut svg = head(id, title, description, (WIDTH, y), "time");
    for tick in data.get_attr("ticks")?.try_iter()? {
        let x = place(&tick, "at")?;
        svg.push_str(&format!(
            "<path class=\"grid\" d=\"M{x:.1} 22V{y:.1}\"/><text class=\"month\" x=\"{:.1}\" y=\"16\">{}</text>",
            (x + 4.0).min(WIDTH),
            text(&tick, "label")?,
        ));
    }
    let today = place(&data, "today")?;
    svg.push_str(&format!(
        "<path class=\"today\" d=\"M{today:.1} 22V{y:.1}\"><title>{}</title></path>{rows}</svg>",
        text(&data, "today_label")?
    ));
    Ok(Value::from_safe_string(svg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
    use serde_json::json;

    #[test]
    fn a_period_lies_where_it_is_and_a_name_cannot_break_out() {
        let row = |from: f64, decides: Option<f64>| json!({ "label": "<b>", "shown": "x", "from": from, "to": from + 10.0, "decides": decides, "class": "part-0" });
        let data = json!({ "rows": [row(20.0, None), row(90.0, Some(100.0))], "ticks": [{ "at": 50.0, "label": "March" }],
            "today": 30.0, "today_label": "Today" });
        let svg = timeline("t", "a", "b", Value::from(Serde(data))).unwrap().to_string();
        assert!(svg.contains("x=\"200.0\" y=\"56.0\" width=\"100.0\""), "{svg}");
        assert!(svg.contains("text-anchor=\"end\"") && svg.matches("class=\"decides\"").count() == 1);
        assert!(!svg.contains("<b>") && svg.contains("M300.0 22V142.0"));
    }
}
