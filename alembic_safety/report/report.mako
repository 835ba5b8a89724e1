<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${report.title}</title>
<style>
:root {
  --page: #fbfbfa; --card: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d9dee3;
  --good: #14692f; --good-bg: #e6f4ea; --warn: #7a4d00; --warn-bg: #fff3d6; --bad: #a4161a; --bad-bg: #fdeaea; --code: #f2f4f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101316; --card: #181c20; --ink: #e8ebee; --soft: #a3adb8; --line: #333a41;
    --good: #7ddb97; --good-bg: #12301d; --warn: #f2c46d; --warn-bg: #382a0c; --bad: #ff9b9b; --bad-bg: #3c1618; --code: #22272c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
.summary { display: inline-block; padding: .5rem .9rem; border-radius: .5rem; font-weight: 600; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.summary.good { background: var(--good-bg); } .summary.bad { background: var(--bad-bg); }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; padding: 0; margin: 1.25rem 0; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem 1rem; min-width: 7rem; }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .6rem .9rem; color: var(--soft); }
th, td { text-align: left; vertical-align: baseline; padding: .45rem .9rem; border-top: 1px solid var(--line); }
thead th { font-weight: 600; white-space: nowrap; color: var(--soft); }
tbody th { font-weight: 600; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .87em; }
td.good, td.warn, td.bad { white-space: nowrap; }
tbody tr:hover { background: color-mix(in srgb, var(--line) 25%, transparent); }
.sign { display: inline-block; width: 1.1em; font-weight: 700; }
details { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; margin: .6rem 0; padding: .6rem .9rem; }
summary { cursor: pointer; font-weight: 600; }
summary .what { font-weight: 400; color: var(--soft); }
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .87em; }
pre { background: var(--code); border-radius: .4rem; padding: .7rem .9rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.tag { display: inline-block; border-radius: .35rem; padding: 0 .45rem; font-size: .85em; }
.tag.good { background: var(--good-bg); } .tag.warn { background: var(--warn-bg); } .tag.bad { background: var(--bad-bg); }
a:focus-visible, summary:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
footer { margin-top: 3rem; color: var(--soft); font-size: .9em; }
@media print { details { break-inside: avoid; } body { background: #fff; } .scroll { overflow: visible; } }
</style>
</head>
<body>
<%
  outcome_mark = {"passed": "good", "failed": "bad", "error": "bad", "skipped": "warn"}
  severity_mark = {"info": "good", "warning": "warn", "error": "bad"}
%>\
<main>
<h1>${report.title}</h1>
<p class="summary ${'good' if report.holds else 'bad'}" role="status"><span aria-hidden="true">${'✓' if report.holds else '✗'}</span> ${report.summary}</p>
% if not all(row.telling for row in report.rows):
<ul class="tiles" aria-label="Outcomes">
% for outcome, number in outcomes:
% if number:
<li><b class="${outcome_mark[outcome.value]}">${number}</b> <span>${outcome.value}</span></li>
% endif
% endfor
</ul>
% endif
% if report.facts:
<dl>
% for name, value in report.facts.items():
<dt>${name}</dt><dd>${value}</dd>
% endfor
</dl>
% endif
% for note in report.notes:
<p><span class="tag warn">note</span> ${note}</p>
% endfor
% if report.findings_first:
${all_findings()}${all_rows()}\
% else:
${all_rows()}${all_findings()}\
% endif
<footer>alembic ${report.command}${', %.1f s' % report.duration if report.duration is not None else ''}</footer>
</main>
</body>
</html>
<%def name="all_rows()">\
% if report.rows:
<div class="scroll" tabindex="0" role="region" aria-label="Results">
<table>
<caption>${len(report.rows)} in total</caption>
<thead><tr>\
% for column in report.columns:
<th scope="col">${column}</th>\
% endfor
</tr></thead>
<tbody>
% for row in report.rows:
<tr>\
% for cell in row.cells:
% if loop.index == 0:
<th scope="row">${cell.text}</th>\
% else:
<td class="${cell.mark.value}">\
% if signs[cell.mark]:
<span class="sign" aria-hidden="true">${signs[cell.mark]}</span>\
% endif
${cell.text}</td>\
% endif
% endfor
</tr>
% endfor
</tbody>
</table>
</div>
% endif
<% explained = [row for row in report.rows if row.detail] %>\
% if explained:
<h2>Details</h2>
% for row in explained:
<details${' open' if row.telling or row.outcome.value in ('failed', 'error') else ''}>
<summary><code>${row.key}</code>\
% if not row.telling:
 <span class="tag ${outcome_mark[row.outcome.value]}">${row.outcome.value}</span>\
% endif
 <span class="what">${row.file or ''}</span></summary>
<pre>${'\n'.join(row.detail)}</pre>
</details>
% endfor
% endif
</%def>\
<%def name="all_findings()">\
% if report.findings:
<h2>Findings</h2>
% for finding in report.findings:
<details${' open' if finding.severity.value == 'error' else ''}>
<summary><span class="tag ${severity_mark[finding.severity.value]}">${finding.severity.value}</span> ${finding.message} <span class="what"><code>${finding.code}</code> ${finding.revision or ''} ${(finding.file or '') + (':%d' % finding.line if finding.line else '')}</span></summary>
% if finding.examples:
<p>For example: ${', '.join(finding.examples)}</p>
% endif
% if finding.query:
<pre>${finding.query}</pre>
% endif
% if finding.remedy:
<p>${finding.remedy}</p>
% endif
</details>
% endfor
% endif
</%def>\
