// Copy and paste keep what the engine reads: the modeler drops extensions that it has no schema of.

function copied(moddle, element, parent) {
  const said = Object.fromEntries(Object.entries(element).filter(([name]) => !name.startsWith('$')));
  const copy = moddle.createAny(element.$type, element.$descriptor.ns.uri, { ...said, ...(element.$body && { $body: element.$body }) });
  if (element.$children) copy.$children = element.$children.map((child) => copied(moddle, child, copy));
  copy.$parent = parent;
  return copy;
}

class Keeping {
  constructor(eventBus, moddle) {
    let isCopying = false; // a change of type drops what only the other type has
    for (const event of ['copyPaste.copyElement', 'copyPaste.pasteElement']) {
      eventBus.on(event, 5000, ({ element }) => { isCopying = !element?.labelTarget; });
      eventBus.on(event, 1, () => { isCopying = false; });
    }
    eventBus.on('moddleCopy.canCopyProperty', 5000, ({ property, parent }) => {
      if (!isCopying || !property?.$type || !property.$descriptor?.isGeneric) return undefined;
      return copied(moddle, property, parent);
    });
  }
}
Keeping.$inject = ['eventBus', 'moddle'];

export const keeping = { __init__: ['studioKeeping'], studioKeeping: ['type', Keeping] };
