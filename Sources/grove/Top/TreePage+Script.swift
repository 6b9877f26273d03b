extension TreePage {
    static let style = """
        :root{color-scheme:light dark;--dim:#777;--line:#8884;--good:#2a8a3e;--warn:#b36b00;--bad:#c0392b;--pick:#4a90d933}
        body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem;max-width:90rem}
        h1{font-size:1.3rem;margin:0}header p{margin:.1rem 0;color:var(--dim)}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;flex:3 1 30rem}
        th{text-align:right;font-weight:600;border-bottom:1px solid var(--line)}
        th:first-child,th:last-child,td:first-child,td:last-child{text-align:left}
        th,td{padding:.12rem .6rem;text-align:right;white-space:nowrap}
        td:last-child{max-width:18rem;overflow:hidden;text-overflow:ellipsis}
        tr[aria-selected=true]{background:var(--pick)}tr{cursor:default}
        .s{font-weight:600}.running{color:var(--good)}.stopped{color:var(--bad)}
        .restarting,.starting,.stopping,.some{color:var(--warn)}.zero{color:var(--dim)}
        #parts{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}
        #details{flex:1 1 18rem;border-left:3px solid var(--line);padding-left:1rem;overflow-wrap:anywhere}
        #details dt{color:var(--dim)}#details dd{margin:0 0 .3rem}#rows:focus{outline:none}
        kbd{border:1px solid var(--line);border-radius:3px;padding:0 .3em}input[type=search]{width:16rem}
        """

    static let script = #"""
        "use strict";
        const data = JSON.parse(document.getElementById("data").textContent);
        const symbols = {running: "●", starting: "◐", stopping: "◑", restarting: "↻", stopped: "○"};
        const rows = document.getElementById("rows"), details = document.getElementById("details");
        const find = document.getElementById("find"), trouble = document.getElementById("trouble");
        const before = new Map(), nodes = [], open = new Set();
        let picked = null, shown = [];

        function walk(list, above, visit) {
          const seen = new Map();
          for (const node of list) {
            const number = seen.get(node.id) ?? 0;
            seen.set(node.id, number + 1);
            node.key = (above ? above.key : "") + "/" + node.id + (number ? "~" + number : "");
            node.above = above;
            node.depth = above ? above.depth + 1 : 0;
            visit(node);
            walk(node.children ?? [], node, visit);
          }
        }
        walk(data.before, null, node => before.set(node.key, node));
        walk(data.now, null, node => nodes.push(node));
        for (const node of [...nodes].reverse()) {
          const old = before.get(node.key);
          const known = old && old.process === node.process ? old.turns : 0;
          node.own = {
            processes: node.process === undefined ? 0 : 1, restarts: node.restarts, mailbox: node.mailbox,
            turns: Math.max(0, node.turns - known) / data.seconds, zombies: (node.zombies ?? []).length,
            failures: (node.failures ?? []).length,
          };
          node.sum = {...node.own};
          node.trouble = node.state !== "running" || node.restarts > 0 || node.mailbox > 0 || node.dropped > 0
            || node.own.zombies > 0 || node.own.failures > 0;
          for (const child of node.children ?? []) {
            for (const name in node.sum) node.sum[name] += child.sum[name];
            node.trouble = node.trouble || child.trouble;
          }
          if (node.depth < 2) open.add(node.key);
        }

        function age(milliseconds) {
          const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
          if (seconds === 0) return Math.max(0, Math.floor(milliseconds)) + " ms";
          if (seconds < 60) return seconds + " s";
          if (seconds < 3600) return Math.floor(seconds / 60) + " min " + seconds % 60 + " s";
          if (seconds < 86400) return Math.floor(seconds / 3600) + " h " + Math.floor(seconds / 60) % 60 + " min";
          return Math.floor(seconds / 86400) + " d " + Math.floor(seconds / 3600) % 24 + " h";
        }
        const ago = failure => age(data.milliseconds - failure.atMicroseconds / 1000) + " ago";
        const count = number => Math.round(number).toLocaleString("en");
        const some = (number, thing) => count(number) + " " + thing + (number === 1 ? "" : "s");

        function element(tag, text, style) {
          const made = document.createElement(tag);
          if (text !== undefined) made.textContent = text;
          if (style) made.className = style;
          return made;
        }

        function lately(node, unfolded) {
          const last = (node.failures ?? []).at(-1);
          if (node.retryInMilliseconds !== undefined) return "again in " + age(node.retryInMilliseconds);
          if (last) return ago(last) + ": " + last.what;
          const below = unfolded ? 0 : node.sum.failures;
          const failed = below ? some(below, "failure") + " below" : "";
          const store = node.path.endsWith("stores/" + node.id) ? data.stores[node.id] : undefined;
          if (store) {
            return count(store.appended / data.seconds) + " events/s" + (store.lag ? ", lag " + count(store.lag) : "")
              + (store.parked ? ", " + count(store.parked) + " parked" : "") + (failed ? ", " + failed : "");
          }
          if (failed) return failed;
          return node.lastExit ? "last: " + node.lastExit : "";
        }

        function row(node) {
          const line = element("tr");
          const unfolded = trouble.checked || open.has(node.key);
          line.setAttribute("role", "treeitem");
          line.setAttribute("aria-level", node.depth + 1);
          line.setAttribute("aria-selected", node === picked);
          if (node.children) line.setAttribute("aria-expanded", unfolded);
          const name = element("td");
          name.style.paddingLeft = 0.6 + node.depth * 1.1 + "rem";
          name.append(element("span", node.children ? (unfolded ? "▾ " : "▸ ") : "\u00a0\u00a0 ", "zero"));
          name.append(element("span", symbols[node.state] + " ", node.state));
          name.append(element("span", node.id, node.kind === "supervisor" ? "s" : ""));
          line.append(name);
          const sum = unfolded ? node.own : node.sum;
          for (const number of [sum.restarts, sum.mailbox]) {
            line.append(element("td", count(number), number ? "some" : "zero"));
          }
          line.append(element("td", count(sum.turns), sum.turns >= 1 ? "" : "zero"));
          line.append(element("td", node.ageMilliseconds === undefined ? "" : age(node.ageMilliseconds), "zero"));
          const bad = node.own.failures || node.retryInMilliseconds !== undefined;
          line.append(element("td", lately(node, unfolded), bad ? "some" : ""));
          line.addEventListener("click", () => {
            if (node === picked && node.children) toggle(node);
            pick(node);
          });
          return line;
        }

        function toggle(node) {
          if (!open.delete(node.key)) open.add(node.key);
        }

        function draw() {
          shown = nodes.filter(node => {
            if (trouble.checked) return node.trouble;
            for (let above = node.above; above; above = above.above) if (!open.has(above.key)) return false;
            return true;
          });
          rows.replaceChildren(...shown.map(row));
          rows.querySelector("[aria-selected=true]")?.scrollIntoView({block: "nearest"});
        }

        function show(node) {
          const list = element("dl");
          const say = (name, text) => list.append(element("dt", name), element("dd", text));
          say("path", node.path);
          say("state", symbols[node.state] + " " + node.state + ", a " + node.kind);
          if (node.process !== undefined) say("process", node.process + (node.name ? ", named " + node.name : ""));
          if (node.ageMilliseconds !== undefined) say("age", age(node.ageMilliseconds));
          say("turns", count(node.turns));
          say("mailbox", count(node.mailbox) + " waiting, " + count(node.dropped ?? 0) + " dropped");
          say("restarts", count(node.restarts));
          if (node.own.zombies) say("zombies", count(node.own.zombies));
          if (node.lastExit) say("last exit", node.lastExit);
          const failures = (node.failures ?? []).toReversed();
          const past = element("ol");
          for (const failure of failures) {
            const when = new Date(failure.atMicroseconds / 1000).toISOString();
            past.append(element("li", when + ", " + ago(failure) + ": " + failure.what));
          }
          details.replaceChildren(
            list, element("p", failures.length ? "Failed, last first:" : "Has not failed of late.", "s"), past);
        }

        function pick(node) {
          picked = node;
          for (let above = node.above; above; above = above.above) open.add(above.key);
          draw();
          show(node);
          history.replaceState(null, "", "#" + encodeURIComponent(node.path));
        }

        function seek(text) {
          const start = Math.max(0, nodes.indexOf(picked));
          const found = [...nodes.slice(start), ...nodes.slice(0, start)]
            .find(node => node.id.toLowerCase().includes(text.toLowerCase()));
          if (text && found) pick(found);
        }

        document.addEventListener("keydown", event => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          if (event.target === find) {
            if (event.key === "Enter" || event.key === "Escape") rows.focus();
            return;
          }
          const place = shown.indexOf(picked);
          const go = to => pick(shown[Math.max(0, Math.min(shown.length - 1, to))]);
          switch (event.key) {
            case "ArrowDown": case "j": go(place + 1); break;
            case "ArrowUp": case "k": go(place - 1); break;
            case "Home": go(0); break;
            case "End": go(shown.length - 1); break;
            case "ArrowRight": case "l":
              if (picked?.children && !open.has(picked.key)) { toggle(picked); draw(); }
              else if (picked?.children) go(place + 1);
              break;
            case "ArrowLeft": case "h":
              if (picked?.children && open.has(picked.key)) { toggle(picked); draw(); }
              else if (picked?.above) pick(picked.above);
              break;
            case "f": trouble.checked = !trouble.checked; draw(); break;
            case "/": find.focus(); break;
            default: return;
          }
          event.preventDefault();
        });
        find.addEventListener("input", () => seek(find.value));
        trouble.addEventListener("change", draw);

        const all = {processes: 0, restarts: 0, mailbox: 0, turns: 0, zombies: 0};
        for (const root of data.now) for (const name in all) all[name] += root.sum[name];
        const stores = Object.values(data.stores);
        const events = stores.reduce((sum, store) => sum + store.appended, 0) / data.seconds;
        const lag = stores.reduce((sum, store) => sum + store.lag, 0);
        document.getElementById("summary").textContent = count(all.processes) + " processes, "
          + some(all.restarts, "restart") + ", " + count(all.mailbox) + " waiting, " + some(all.zombies, "zombie") + ", "
          + count(all.turns) + " turns/s, " + count(events) + " events/s, lag " + count(lag);
        document.getElementById("when").textContent = "as of " + new Date(data.milliseconds).toISOString();
        const wanted = decodeURIComponent(location.hash.slice(1));
        pick(nodes.find(node => node.path === wanted) ?? nodes[0]);
        rows.focus();
        """#
}
