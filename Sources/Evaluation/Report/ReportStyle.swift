/// The style sheet of the report, over the colours of ``ChartStyle``.
enum ReportStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--accent:#0067a5;--warn:#8a4a00;--warn-paper:#fff4e0}
        @media (prefers-color-scheme:dark){:root{--page:#0e1217;--card:#161b22;--accent:#63b3ee;--warn:#ffc27a;
        --warn-paper:#2b2114}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;overflow-wrap:break-word;
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main{max-width:1040px;margin:0 auto;padding:40px 24px 64px}
        h1,h2,h3{break-after:avoid}
        h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;margin:.1em 0 .5em;text-wrap:balance}
        h2{font-size:1.3rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .7em}
        h3{font-size:1.02rem;margin:1.4em 0 .2em}
        p{margin:0 0 .8em;max-width:76ch;text-wrap:pretty}
        .byline,.hint{color:var(--muted);font-size:.85rem}
        .lead{font-size:1.25rem;line-height:1.45;text-wrap:pretty}
        .findings{padding-left:1.2em;margin:0 0 1.2em;max-width:72ch}
        .findings li{margin:.3em 0}
        .notice,.warning{border-left:4px solid var(--accent);background:var(--card);padding:.75em 1em;
        border-radius:0 8px 8px 0;max-width:none;font-size:.94rem}
        .warning{border-color:var(--warn);background:var(--warn-paper)}
        section,footer{background:var(--card);border:1px solid var(--faint);border-radius:12px;padding:24px;margin-top:24px}
        figure{margin:0 0 1.2em}
        figcaption{font-weight:600;font-size:.95rem;margin-bottom:.6em}
        .narrow{display:none}.wide svg.chart{width:100%}
        .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(290px,1fr));gap:20px 28px;margin-top:14px}
        .grid figure{margin:0}
        .split{display:grid;grid-template-columns:1fr 1fr;gap:28px;align-items:start}
        table{border-collapse:collapse;width:100%;font-size:.94rem;margin-bottom:1em}
        th,td{text-align:left;padding:.6em .6em;border-bottom:1px solid var(--faint);vertical-align:top}
        thead th{color:var(--muted);font-weight:600;font-size:.85rem}
        thead .hint{display:block;font-weight:400;font-size:.78rem;line-height:1.3}
        tbody tr:last-child>*{border-bottom:0}
        th.number,td.number{text-align:right}
        .number{font-variant-numeric:tabular-nums}
        td .value{font-weight:600}
        .arms th,.arms td{padding-left:.4em;padding-right:.4em}.arms th[scope=row],thead th{white-space:nowrap}thead .hint{white-space:normal}
        td .hint{display:block;font-size:.8rem;white-space:nowrap}
        .absent{color:var(--muted)}
        .swatch{display:inline-block;width:.7em;height:.7em;border-radius:50%;background:var(--c);margin-right:.5em}
        .meter{display:block;height:4px;border-radius:2px;background:var(--faint);margin-top:.4em;min-width:120px}
        .meter span{display:block;height:4px;border-radius:2px;background:var(--accent);min-width:2px}
        dl{margin:0;font-size:.94rem}
        dt{color:var(--muted);font-size:.85rem}
        dd{margin:0 0 .7em}
        .split>dl dd{font-size:1.15rem;font-weight:600;font-variant-numeric:tabular-nums}
        details.note{border-top:1px solid var(--faint);margin-top:1em;padding-top:.8em;font-size:.9rem}
        details.note dl{font-size:.9rem;margin-top:.8em;max-width:76ch}
        summary{cursor:pointer;color:var(--accent);font-size:.9rem}
        summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:3px}
        code,pre{font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        code{overflow-wrap:anywhere}
        pre{background:var(--page);border:1px solid var(--faint);border-radius:8px;padding:.8em 1em;white-space:pre-wrap;margin:0 0 1em}
        footer p{margin:0;color:var(--muted);font-size:.88rem}
        article{border-top:1px solid var(--faint);padding:18px 0 4px}
        .prompt{font-weight:600;white-space:pre-wrap;overflow-wrap:anywhere;max-width:none}
        .answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:12px;margin-bottom:14px}
        .answer{border:1px solid var(--faint);border-top:3px solid var(--c);border-radius:8px;padding:.7em .9em;min-width:0}
        .answer.preferred{background:color-mix(in srgb,var(--c) 9%,transparent)}
        .answer-head{display:flex;align-items:baseline;gap:.2em;margin:0 0 .45em;font-size:.88rem}
        .answer-head .number{margin-left:auto;color:var(--muted)}
        .badge{color:var(--c);font-weight:600;margin-left:.6em;white-space:nowrap}
        .model-text{white-space:pre-wrap;text-wrap:wrap;overflow-wrap:anywhere;margin:0;font-size:.94rem;line-height:1.5}
        .answer .hint{margin:.5em 0 0}
        details.more,details.changes{margin-top:.6em}
        ins{text-decoration:underline;text-underline-offset:.2em;font-weight:600}
        del{text-decoration:line-through;color:var(--muted)}
        .tokens{white-space:pre-wrap;text-wrap:wrap;overflow-wrap:anywhere;margin:.2em 0 .8em;max-width:none;line-height:1.9}
        .tokens span{border-radius:3px;padding:.1em 0}
        .up{background:color-mix(in srgb,var(--s1) calc(var(--w)*11%),transparent)}
        .down{background:color-mix(in srgb,var(--s2) calc(var(--w)*11%),transparent);text-decoration:underline dotted 2px var(--s2);text-underline-offset:.25em}
        .w1{--w:1}.w2{--w:2}.w3{--w:3}.w4{--w:4}.w5{--w:5}
        .spoken{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .settings span{display:inline-block;margin-right:1.1em;color:var(--muted)}.settings b{color:var(--ink);font-weight:600}
        .settings{font-size:.88rem;max-width:none;overflow-wrap:anywhere}
        .facts td{overflow-wrap:anywhere}.facts td:last-child{font-variant-numeric:tabular-nums}
        @media screen and (max-width:760px){
        main{padding:24px 12px 40px}header{padding:0 4px}h1{font-size:1.55rem}.lead{font-size:1.1rem}
        section,footer{padding:18px 12px;border-radius:10px;margin-top:16px}
        .wide{display:none}.narrow{display:block}.split{grid-template-columns:1fr}
        table,tbody,tr,th,td{display:block}thead{display:none}
        tbody tr{border-bottom:1px solid var(--faint);padding:.7em 0}tbody tr:last-child{border:0}
        tbody th,tbody td{border:0;padding:.15em 0}
        .arms tbody th,.arms td{padding-left:0;padding-right:0}.arms tbody th{font-size:1.05rem;margin-bottom:.2em}
        .arms td{display:flex;gap:.6em;align-items:baseline;text-align:left}
        .arms td::before{content:attr(data-label);color:var(--muted);flex:0 0 6.5em;font-size:.88rem}
        .arms td .hint{margin-left:auto}td.number{text-align:left}}
        @media print{:root{--page:#fff;--card:#fff;--accent:#0067a5;--warn:#8a4a00;--warn-paper:#fff}
        details::details-content{content-visibility:visible;display:block;height:auto}summary{color:var(--ink)}
        @page{margin:11mm}body{background:#fff;font-size:8.5pt;line-height:1.35}.lead{font-size:11pt}h1{font-size:16pt}
        svg.chart{max-height:6.5cm}details.changes{display:none}.model-text,.tokens{font-size:7.5pt;line-height:1.3}.note .command{display:none}main{max-width:none;padding:0}
        section,footer{border:0;border-top:1px solid #ccc;border-radius:0;padding:8pt 0;margin-top:8pt;break-inside:auto}
        .answers{grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:6pt}.answer{padding:4pt}
        .prompt,figcaption,.answer-head,summary,dt,p:has(+figure),p:has(+.grid){break-after:avoid}
        .grid{grid-template-columns:repeat(4,1fr)}figure,tr,.prompt,pre{break-inside:avoid}p{orphans:3;widows:3}}
        """
}
