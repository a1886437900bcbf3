// Hide what does not apply right now. The server decides what counts; it ignores hidden values anyway.
function holds(condition, form) {
  return Object.entries(condition).every(([name, wanted]) => {
    const field = form.elements[name];
    const value = field?.type === 'checkbox' ? field.checked : field?.value;
    return (wanted.enum ?? [wanted.const]).map(String).includes(String(value));
  });
}

for (const form of document.querySelectorAll('form[data-conditional]')) {
  const parts = [...form.querySelectorAll('[data-show-if]')];
  const apply = () => {
    for (const part of parts) {
      const on = holds(JSON.parse(part.dataset.showIf), form);
      part.hidden = !on;
      for (const input of part.querySelectorAll('input, select, textarea')) input.disabled = !on;
    }
  };
  form.addEventListener('change', apply);
  apply();
}
