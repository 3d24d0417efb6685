// A real cluster of processes, an origin for it, and callers.
import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

// startOrigin serves every key, after some milliseconds, and the awkward key with a value that would harm a careless page.
export async function startOrigin(awkward) {
  const server = createServer((request, response) => {
    const key = decodeURIComponent(request.url.slice(1));
    setTimeout(() => response.end(awkward[key] ?? 'value of ' + key + ' '.repeat(key.length * 97 % 3000)), 2 + key.length % 7);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

// startNode starts a process and waits until it says that it is ready.
export async function startNode(binary, name, args) {
  const child = spawn(binary, ['serve', '--name', name, '--listen', '127.0.0.1:0', '--gossip', '127.0.0.1:0', ...args], {stdio: ['ignore', 'pipe', 'pipe']});
  let logs = '';
  child.stderr.on('data', text => { logs += text; });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), exited.then(() => { throw new Error(`${name} did not start:\n${logs}`); })]);
  const {listen, gossip} = /listen=(?<listen>\S+) gossip=(?<gossip>\S+)/.exec(line).groups;
  return {name, listen, gossip, child, exited, logs: () => logs};
}

// callers get keys through the nodes until stopped, popular ones often.
export function startCallers(nodes, group) {
  let stopped = false;
  const call = async node => {
    while (!stopped) {
      const rank = Math.floor(Math.pow(Math.random(), -1.1)) % 3000;
      try {
        await (await fetch(`http://${node.listen}/_gocache/${group}/user%3A${rank}`)).arrayBuffer();
      } catch { // killed: a caller would go to another node
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      await new Promise(resolve => setTimeout(resolve, Math.random() * 4));
    }
  };
  const all = nodes.flatMap(node => [call(node), call(node)]);
  return async () => { stopped = true; await Promise.allSettled(all); };
}
