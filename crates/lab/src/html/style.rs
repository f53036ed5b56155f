//! How the page looks: one style sheet, light and dark, for a phone and a wide screen; and the script that shows numbers
//! where one points. Without the script nothing is missing but that.
//!
//! The first eight colours are told apart with any kind of colour blindness (after Okabe and Ito, darker where white is
//! behind them); lines past the fourth are dashed as well.

pub(super) const STYLE: &str = "
:root{color-scheme:light dark;--back:#fff;--card:#f6f7f9;--text:#1c2126;--soft:#59636e;--line:#d5dae0;--heat:#0b4f8a;
--fault:#b3261e;--warning:#8f5a00;--good:#0b6b4b;--fact:#3f5468;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b8578f;--c4:#c68a00;--c5:#4aa3df;--c6:#4b5560;--c7:#8a6d3b;--c8:#6a4bb0;--c9:#8c9a00}
@media(prefers-color-scheme:dark){:root{--back:#14171b;--card:#1c2026;--text:#e8eaed;--soft:#a7b0ba;--line:#3a424c;--heat:#7cc4ff;
--fault:#ff8a80;--warning:#ffc35c;--good:#5fd6a8;--fact:#a9bdd0;
--c0:#4a9fe0;--c1:#f08040;--c2:#2cc295;--c3:#e495c4;--c4:#f0b429;--c5:#9bd6fa;--c6:#c3c9d0;--c7:#c9a86a;--c8:#b9a0f5;--c9:#cfe05a}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1200px;margin:0 auto;padding:24px 24px 48px}
h1{font-size:28px;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:20px;line-height:1.3;margin:40px 0 4px}
p{margin:4px 0}.lead,.about,.note{color:var(--soft)}.about,.note{font-size:14px;max-width:75ch}
code{font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;margin:8px 0;white-space:pre-wrap}
.findings{list-style:none;margin:12px 0 0;padding:0;display:grid;gap:8px}
.findings ul{list-style:none;margin:0;padding:0;display:grid;gap:4px}
.findings>li{display:grid;grid-template-columns:5.5em 1fr;gap:12px;background:var(--card);border-left:4px solid var(--k);border-radius:0 8px 8px 0;padding:8px 14px;overflow-wrap:anywhere}
.findings b{color:var(--k);font-weight:600}
.fault{--k:var(--fault)}.warning{--k:var(--warning)}.good{--k:var(--good)}.fact{--k:var(--fact)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:20px;margin-top:12px}
.chart{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px;min-width:0;position:relative}
.wide{grid-column:1/-1}
figcaption{font-weight:600}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0;padding:0;font-size:14px}
.legend li{display:flex;align-items:center;gap:6px;min-width:0}.legend span{overflow-wrap:anywhere}
.key{width:28px;height:10px;flex:none}.key.box{width:12px;height:12px}
.plot{display:grid;grid-template-columns:auto 1fr;column-gap:8px;font-size:13px;color:var(--soft);padding-right:14px}
.unit,.x-unit{font-size:13px}.unit{grid-column:1/-1;margin-bottom:10px}.x-unit{grid-column:2;text-align:center}
.ys{display:flex;flex-direction:column-reverse;justify-content:space-between;text-align:right;font-variant-numeric:tabular-nums}
.ys span{height:0;line-height:0}
.canvas{position:relative}.canvas svg{display:block;width:100%;height:240px;overflow:visible}
.xs{grid-column:2;position:relative;height:24px;margin-top:6px;font-variant-numeric:tabular-nums}
.xs span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.grid{fill:none;stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}.s5{--c:var(--c5)}.s6{--c:var(--c6)}.s7{--c:var(--c7)}.s8{--c:var(--c8)}.s9{--c:var(--c9)}
.l{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
.dot{fill:none;stroke:var(--c);stroke-width:8;stroke-linecap:round;vector-effect:non-scaling-stroke}
.d1{stroke-dasharray:7 5}.d2{stroke-dasharray:1 5}.d3{stroke-dasharray:10 4 1 4}
.a{fill:var(--c);stroke:var(--card);stroke-width:1;vector-effect:non-scaling-stroke}
.now{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;vector-effect:non-scaling-stroke}
.dim{opacity:.15}
.map{display:grid;grid-template-columns:minmax(0,max-content) 1fr;column-gap:10px;font-size:13px;color:var(--soft);margin-top:8px}
.map svg{display:block;width:100%;background:var(--back)}.map .x-unit{margin-top:4px}
.rows{display:grid;grid-auto-rows:24px;max-width:12em}.rows span{line-height:24px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.w{fill:var(--heat);stroke:var(--back);stroke-width:1;vector-effect:non-scaling-stroke}
.many .w,.many .a{stroke:none}
.scale{display:flex;flex-wrap:wrap;align-items:center;gap:8px;font-size:13px;color:var(--soft);margin-top:8px}
.ramp{display:inline-block;width:80px;height:12px;border:1px solid var(--line);background:linear-gradient(to right,transparent,var(--heat)),var(--back);background-size:160px 100%}.ramp+span+.ramp{background-position:right,0}
table{border-collapse:collapse;width:100%;font-size:15px;margin-top:12px}
th,td{padding:7px 10px;border-bottom:1px solid var(--line);text-align:right;font-variant-numeric:tabular-nums;vertical-align:baseline}
th{color:var(--soft);font-weight:600;font-size:14px}
th.t,td.t{text-align:left}tbody th{color:var(--text);font-size:15px;font-weight:600;overflow-wrap:break-word;max-width:18em}
tbody th.group{color:var(--soft);font-weight:400;font-size:13px;padding-top:12px}
td.loss{color:var(--fault)}td.here,th.here{background:color-mix(in srgb,var(--heat) 12%,transparent)}
.named{display:inline-block;position:relative;padding-left:20px}.named::before{content:'';position:absolute;left:0;top:.35em;width:12px;height:12px;border-radius:3px;background:var(--c)}
.none{color:var(--soft);font-style:italic}
.track{display:block;height:6px;border-radius:3px;background:var(--line);margin-top:4px;min-width:90px;overflow:hidden}.bar{display:block;height:6px;background:var(--c)}
.bars{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:6px 40px;margin-top:10px;font-size:14px}
.item{display:grid;grid-template-columns:minmax(0,1fr) max-content;gap:2px 14px;align-items:baseline;align-content:end}
.who{overflow-wrap:anywhere}.bars svg{display:block;width:100%;height:20px;grid-column:1/-1;margin-bottom:6px}.cost{fill:var(--soft)}
.what{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.what span{color:var(--soft)}.what b.loss{color:var(--fault)}
.tip{position:absolute;z-index:2;pointer-events:none;background:var(--back);color:var(--text);border:1px solid var(--line);border-radius:6px;padding:6px 10px;font-size:13px;line-height:1.45;box-shadow:0 2px 10px #0003;white-space:pre;font-variant-numeric:tabular-nums;max-width:90vw}
.cursor{position:absolute;top:0;bottom:0;width:1px;background:var(--soft);pointer-events:none}
.small table,.small tbody th{font-size:14px}.small th,.small td{padding:5px 8px}summary{cursor:pointer;color:var(--soft);font-size:14px;margin-top:8px}.scroll{overflow-x:auto}
footer{margin-top:40px;color:var(--soft);font-size:14px}
@media(max-width:720px){
main{padding:16px 14px 40px}h1{font-size:24px}
.findings>li{grid-template-columns:1fr;gap:2px}.findings ul{gap:6px}
.chart{padding:12px}.plot{padding-right:8px}.canvas svg{height:200px}.odd{display:none}.small th,.small td{padding:5px 6px}.small tbody th{max-width:8.5em}
.rows{max-width:7.5em}
.cards thead{display:none}.cards,.cards tbody,.cards tr,.cards th,.cards td{display:block;text-align:left}
.cards tr{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px;margin-bottom:12px}
.cards tr{display:grid;grid-template-columns:1fr 1fr;gap:0 20px}
.cards th,.cards td{border:0;padding:2px 0;font-size:14px}.cards th{font-size:15px;grid-column:1/-1;max-width:none}
.cards td{display:flex;flex-wrap:wrap;justify-content:space-between;align-content:baseline;gap:0 8px}
.cards td::before{content:attr(data-label);color:var(--soft)}.cards .track{display:none}
.list tr{background:none;border:0;border-bottom:1px solid var(--line);border-radius:0;padding:6px 0;margin:0}
.cards td.t,.cards td.value{display:block;text-align:left;grid-column:1/-1}
}
@media print{.chart,.findings li,tr{break-inside:avoid}}
";

pub(super) const SCRIPT: &str = "
document.querySelectorAll('.chart').forEach(chart=>{
const svg=chart.querySelector('svg[data-names]');
chart.querySelectorAll('.legend li').forEach(item=>{
item.style.cursor='pointer';
item.addEventListener('click',()=>{
const on=item.dataset.on!=='1';
chart.querySelectorAll('.legend li').forEach(other=>{other.dataset.on='0';other.classList.remove('dim')});
if(on){item.dataset.on='1';chart.querySelectorAll('.legend li').forEach(other=>{if(other!==item)other.classList.add('dim')})}
chart.querySelectorAll('path[data-series]').forEach(mark=>mark.classList.toggle('dim',on&&mark.dataset.series!==item.dataset.series));
});
});
if(!svg)return;
const names=svg.dataset.names.split('|');
const lines=[...chart.querySelectorAll('path[data-values]')].map(path=>({label:path.dataset.label,values:path.dataset.values.split('|')}));
const canvas=chart.querySelector('.canvas');
let tip,cursor;
const leave=()=>{if(tip){tip.remove();cursor.remove();tip=null}};
const show=event=>{
const room=svg.getBoundingClientRect();
const columns=svg.hasAttribute('data-columns'),last=names.length-1;
const right=(event.clientX-room.left)/room.width;
const at=Math.max(0,Math.min(last,columns?Math.floor(right*names.length):Math.round(right*last)));
if(!tip){tip=document.createElement('div');tip.className='tip';cursor=document.createElement('div');cursor.className='cursor';canvas.append(cursor,tip)}
const x=room.width*(columns?(at+.5)/names.length:last?at/last:.5);
cursor.style.left=x+'px';
tip.textContent=[svg.dataset.unit+' '+names[at],...lines.map(line=>(line.values[at]||'\\u2013')+'  '+line.label)].join('\\n');
tip.style.top='8px';
tip.style.left=(x>room.width/2?Math.max(0,x-tip.offsetWidth-10):Math.min(x+10,Math.max(0,room.width-tip.offsetWidth)))+'px';
};
svg.addEventListener('pointermove',show);
svg.addEventListener('pointerdown',show);
svg.addEventListener('pointerleave',leave);
});
";
