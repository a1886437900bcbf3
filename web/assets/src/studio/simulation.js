// Tokens that walk over the drawing as an analyst sends them: what it means is shown by 试办, which runs the engine.
import Simulator from 'bpmn-js-token-simulation/lib/base';
import Still from 'bpmn-js-token-simulation/lib/features/disable-modeling';
import Toggle from 'bpmn-js-token-simulation/lib/features/toggle-mode/modeler';
import { button } from './desk.js';

export const simulation = { __depends__: [Simulator, Still, Toggle] };

// Its buttons bring their words without the translation of the editor.
const WORDS = {
  'Set Sequence Flow': '换一条出口', 'Trigger Event': '发生', 'Remove pause point': '不在这里停', 'Add pause point': '在这里停',
  'Reset Simulation': '重新开始', 'Play/Pause Simulation': '暂停或者继续',
};
const SPEED = /^Set animation speed = (.*)$/;
const SPEEDS = { Slow: '慢', Normal: '中', Fast: '快' };

function inChinese(node) {
  const told = WORDS[node.title] || node.title.replace(SPEED, (_, speed) => `速度：${SPEEDS[speed] || speed}`);
  if (told === node.title) return;
  node.title = told;
  node.setAttribute('aria-label', told);
}

/** Give the button that lets tokens walk; meanwhile nothing is edited: `resting` is away, `still` cannot be used. */
export function simulate(modeler, canvas, resting, still) {
  const mode = modeler.get('toggleMode');
  new MutationObserver(() => { for (const node of canvas.querySelectorAll('button[title]')) inChinese(node); })
    .observe(canvas, { childList: true, subtree: true });
  const press = button('演示令牌', () => mode.toggleMode(), { 'aria-pressed': 'false' });
  modeler.on('tokenSimulation.toggleMode', ({ active }) => {
    press.setAttribute('aria-pressed', String(active));
    press.textContent = active ? '结束演示' : '演示令牌';
    for (const other of resting) other.hidden = active;
    still.inert = active;
  });
  return press;
}
