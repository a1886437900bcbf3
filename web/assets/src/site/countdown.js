// <button data-countdown="57" data-countdown-text="重新获取（%s 秒）">: disabled until the seconds are over.
// <span data-remaining="300">: minutes and seconds left, then the words of data-over.
function every(second, tick) {
  const ends = Date.now() + second * 1000;
  const step = () => {
    const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    tick(left);
    if (left > 0) setTimeout(step, 1000);
  };
  step();
}

for (const button of document.querySelectorAll('[data-countdown]')) {
  const words = button.textContent.trim();
  every(Number(button.dataset.countdown), (left) => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.countdownText.replace('%s', left) : words;
  });
}

for (const place of document.querySelectorAll('[data-remaining]')) {
  every(Number(place.dataset.remaining), (left) => {
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    place.textContent = left > 0 ? clock : place.dataset.over;
  });
}
