/**
 * The look of the QC page: neutral grey so that the surround does not shift how pictures look, sizes that read on a phone,
 * black on white in print. No script, no font, no file from outside.
 */
export const QC_STYLE = `
:root{--back:#3a3a3a;--card:#464646;--line:#5a5a5a;--text:#f4f4f4;--faint:#c8c8c8;--pass:#9fdca8;--warn:#f2c766;--fail:#ff9d95;--error:#d9b8ff;--none:#c8c8c8}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
main,header,footer{max-width:96rem;margin:0 auto;padding:1rem clamp(.75rem,2vw,2rem)}
header{padding-bottom:0}main{padding-top:0}
h1{font-size:1.6rem;margin:0 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:1.6rem 0 .6rem}
p{margin:.3rem 0}
.faint{color:var(--faint)}
small,.small{font-size:.82rem}
svg.icon{width:1em;height:1em;vertical-align:-.12em;margin-right:.35em;flex:none}
.v{white-space:nowrap;font-weight:600}
.v-pass{color:var(--pass)}.v-warn{color:var(--warn)}.v-fail{color:var(--fail)}.v-error{color:var(--error)}.v-none{color:var(--none)}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.6rem 0}nav a{padding:.25rem 0}
.headline{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:baseline;margin:.5rem 0;font-size:1.3rem}
.counts{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0;margin:.8rem 0}
.counts li{background:var(--card);border-radius:.4rem;padding:.35rem .8rem}
.banner{border:2px solid var(--warn);border-radius:.4rem;padding:.5rem .8rem;font-weight:600;margin:.8rem 0}
.look{list-style:none;padding:0;margin:0}
.look li{background:var(--card);border-left:.35rem solid var(--line);border-radius:.3rem;padding:.5rem .8rem;margin:.4rem 0;overflow-wrap:anywhere}
.look li{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem}.look .says{flex:1 1 22rem}
.look li.e-fail{border-color:var(--fail)}.look li.e-error{border-color:var(--error)}.look li.e-warn{border-color:var(--warn)}
a{color:inherit}
a:focus-visible{outline:3px solid var(--warn);outline-offset:2px}
.scroll{overflow-x:auto}.scroll:focus-visible,summary:focus-visible{outline:3px solid var(--warn);outline-offset:2px}
table{border-collapse:collapse;width:100%;background:var(--card);border-radius:.4rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .65rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}
thead th{background:#333;position:sticky;top:0;font-size:.82rem;white-space:nowrap}
svg.pic{display:block;max-width:100%;height:auto;border-radius:.25rem;background:#222}
.shown{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:flex-start}
.evidence{margin:.4rem 0 0;max-width:100%}
.evidence svg{max-width:100%;height:auto}
svg.curve polyline{fill:none;stroke:currentColor;stroke-width:1.5}
svg.curve .bar{fill:none;stroke:var(--fail);stroke-dasharray:4 3}
svg.curve .gap{fill:currentColor;opacity:.16}svg.curve circle{fill:currentColor}
svg.curve text{font-size:11px;fill:currentColor}
h3{font-size:1rem;margin:1rem 0 .2rem;overflow-wrap:anywhere}
.tiles{list-style:none;padding:0;margin:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem}
.tile{display:block;text-decoration:none;background:var(--card);border-radius:.3rem;padding:.3rem;border:2px solid transparent;height:100%}
.tile .name{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .5rem;font-size:.85rem;margin-top:.2rem}
.tile svg.pic{width:100%}
.t-warn{border-color:var(--warn)}.t-fail{border-color:var(--fail)}.t-error{border-color:var(--error)}
.nopic{display:grid;place-items:center;min-height:4rem;background:#333;border-radius:.25rem}
table.grid{width:auto;background:none}
table.grid td,table.grid th{border:0;padding:.2rem;min-width:6.5rem;max-width:12rem;vertical-align:top;overflow-wrap:anywhere}
table.wide .of{display:none}
table.grid thead th{position:static;background:none;white-space:normal;vertical-align:bottom}
table.grid tbody th,table.grid thead td{position:sticky;left:0;background:var(--back);z-index:1}table.grid tbody th{min-width:4.5rem}
details ul.all{list-style:none;padding:0;margin:.3rem 0;font-size:.82rem;columns:3 16rem;column-gap:1.5rem}
ul.all li{break-inside:avoid;padding:.08rem 0}
summary{cursor:pointer}
table.rows>tbody>tr>th{min-width:9rem}
tr:target{outline:3px solid var(--warn);outline-offset:-3px}
.axes{display:block;min-width:7rem;overflow-wrap:break-word;font-weight:400;color:var(--faint);font-size:.82rem}
.number{white-space:nowrap}
.limit{color:var(--faint);white-space:nowrap}
footer{border-top:1px solid var(--line);margin-top:2.5rem;font-size:.85rem;color:var(--faint)}
@media screen and (max-width:50rem){
 svg.curve text{font-size:13px}
 .rows thead{display:none}
 .rows,.rows tbody,.rows tr,.rows td,.rows th{display:block;width:100%}
 .rows tr{padding:.6rem .7rem;border-bottom:.5rem solid var(--back)}
 .rows td,.rows th{border:0;padding:.2rem 0}
 .rows td[data-of]::before{content:attr(data-of) ": ";color:var(--faint);font-size:.82rem}
 .rows td:empty{display:none}
 table.grid tbody th{min-width:3.5rem}
}
@media print{
 nav{display:none}
 :root{--back:#fff;--card:#fff;--line:#999;--text:#000;--faint:#333;--pass:#00501a;--warn:#6a4400;--fail:#8c0d05;--error:#4a1478;--none:#333}
 html{font-size:11.5px}
 body{font-size:9pt}
 h2,h3,h2+p{break-after:avoid}
 .look{columns:2;column-gap:.4cm}
 .look li{display:block;margin:0 0 .25cm}
 .look .shown{display:block;margin-top:.2rem}
 .look .shown svg,.look figure{width:5.5cm;height:auto;display:inline-block;vertical-align:top;margin:0 .3cm 0 0}
 .look figure svg{margin:0}
 .plots .shown svg{width:5.6cm;height:auto}
 svg.curve text{font-size:15px}
 .evidence,.tile,tr,.look li{break-inside:avoid}
 thead th{background:#fff;position:static}
 thead{display:table-header-group}
 .scroll{overflow:visible}
 .look li,.counts li,.tile{border:1px solid var(--line)}
 .tiles{grid-template-columns:repeat(6,1fr)}
 table.grid{width:100%;table-layout:fixed}
 table.grid td,table.grid th{min-width:0;padding:.1rem;font-size:7pt}
 table.grid tbody th,table.grid thead td{position:static}
 .aside{display:none}
 table.wide,table.wide tbody{display:block}
 table.wide thead{display:none}
 table.wide tr{display:grid;grid-template-columns:repeat(var(--across),minmax(0,1fr));break-inside:auto;margin:0 0 .3cm}
 table.wide tbody th{grid-column:1/-1;font-size:9pt;break-after:avoid}
 table.wide td{break-inside:avoid}
 table.wide .tile{padding:.15rem;border-width:1px;height:auto}
 table.wide .tile .name{font-size:7.5pt}
 table.wide .axes{font-size:7.5pt;min-width:0;overflow-wrap:anywhere}
 table.wide .of{display:block}
 .nopic{background:#eee}
 th,td{padding:.25rem .4rem;overflow-wrap:normal}
 @page{margin:12mm}
}
`;

/** One drawing per verdict, told apart by shape: tick, triangle, cross, question mark, dash. */
export const QC_ICONS = `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<symbol id="i-pass" viewBox="0 0 16 16"><path d="M2 8.5l4 4 8-9" fill="none" stroke="currentColor" stroke-width="2.4"/></symbol>
<symbol id="i-warn" viewBox="0 0 16 16"><path d="M8 1.5l7 13H1z" fill="none" stroke="currentColor" stroke-width="1.7"/><path d="M8 6v4.2M8 11.4v1.7" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="i-fail" viewBox="0 0 16 16"><path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="2.6"/></symbol>
<symbol id="i-error" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.8" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M6 6.2a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1.2M8 11v1.6" fill="none" stroke="currentColor" stroke-width="1.7"/></symbol>
<symbol id="i-none" viewBox="0 0 16 16"><path d="M3 8h10" stroke="currentColor" stroke-width="2.2"/></symbol>
</defs></svg>`;
