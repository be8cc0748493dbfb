// <limpid-why token="..." lang="en" src="https://limpid.example"><a href="...">Why this ad?</a></limpid-why>
//
// A button beside an ad; opened, it shows Limpid's own page in a frame. That page is of Limpid's origin: the
// site can neither read what it says nor press what is on it. Nothing is asked of any server before the
// button is pressed. Keys that are pressed inside the frame stay there, Escape too: so the page in it has a link
// "Close" of its own. Without this script, or with a token or address that cannot be right, the link inside
// the element stays what it is.
(() => {
  'use strict';
  if (customElements.get('limpid-why')) return;

  const words = /* words */ {};

  // Set by the style sheet interface, which a strict policy of the site does not forbid.
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: inline-block; color-scheme: light dark; font: .875rem/1.4 system-ui, sans-serif;
      --paper: #fbfaf7; --ink: #1c1f22; --line: #dcd9d0; --link: #0b5c8a; }
    @media (prefers-color-scheme: dark) {
      :host { --paper: #14171a; --ink: #eceae4; --line: #2f353a; --link: #7fc1ea; }
    }
    button { min-block-size: 1.75rem; margin: 0; padding: 0; border: 0; background: none; color: var(--link);
      font: inherit; text-align: start; text-decoration: underline; cursor: pointer; }
    .open { padding-inline: .5rem; border-radius: 4px; background: var(--paper); }
    a { color: var(--link); }
    :is(button, a, iframe):focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
    iframe:focus-visible { outline-offset: -3px; }
    dialog { box-sizing: border-box; inline-size: min(44rem, 100vw - 1rem); block-size: min(52rem, 100vh - 1rem);
      max-inline-size: none; max-block-size: none; padding: 0; overflow: hidden; border: 1px solid var(--line);
      border-radius: 8px; background: var(--paper); color: var(--ink); }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: rgb(0 0 0 / 50%); }
    header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; padding: .625rem 1rem;
      border-block-end: 1px solid var(--line); }
    h2 { flex: 1 1 auto; margin: 0; font-size: 1rem; }
    iframe { flex: 1; inline-size: 100%; min-block-size: 0; border: 0; color-scheme: light dark; }
  `);

  // The address without a path, if it is one that can be trusted on the way: https, or this machine.
  const originOf = (src) => {
    try {
      const url = new URL(src);
      const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
      return url.protocol === 'https:' || (url.protocol === 'http:' && local) ? url.origin : null;
    } catch {
      return null;
    }
  };

  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  class LimpidWhy extends HTMLElement {
    static observedAttributes = ['token', 'lang', 'src'];
    #root = null;

    connectedCallback() {
      this.#render();
    }

    attributeChangedCallback() {
      if (this.isConnected) this.#render();
    }

    #render() {
      const origin = originOf(this.getAttribute('src') ?? '');
      const token = this.getAttribute('token') ?? '';
      const asked = (this.lang || document.documentElement.lang).toLowerCase().split('-')[0];
      const lang = Object.hasOwn(words, asked) ? asked : 'en';
      if (!origin || !/^[\w-][\w.~-]{0,2047}$/.test(token)) {
        this.#root?.replaceChildren(document.createElement('slot'));
        return;
      }
      if (!this.#root) {
        this.#root = this.attachShadow({ mode: 'closed' });
        this.#root.adoptedStyleSheets = [style];
      }
      const [openText, closeText, tabText] = words[lang];
      const page = `${origin}/why/${token}?lang=${lang}`;
      const title = make('h2', { id: 'title', dir: 'auto', textContent: openText });
      const tab = make('a', { href: page, target: '_blank', rel: 'noopener noreferrer', dir: 'auto', textContent: tabText });
      const close = make('button', { type: 'button', textContent: closeText });
      const dialog = make('dialog', { lang }, make('header', {}, title, tab, close));
      dialog.setAttribute('aria-labelledby', 'title');
      const open = make('button', { type: 'button', className: 'open', lang, dir: 'auto', textContent: openText });
      open.setAttribute('aria-haspopup', 'dialog');

      open.addEventListener('click', () => {
        const frame = make('iframe', { title: openText, referrerPolicy: 'no-referrer', src: `${page}&embed=1` });
        frame.setAttribute('sandbox', 'allow-same-origin allow-forms allow-popups');
        // The page behind that link is the only one of ours that holds a frame, and how many there are is all that
        // this page may know of it.
        frame.addEventListener('load', () => {
          if (frame.contentWindow?.length === 1) dialog.close();
        });
        dialog.append(frame);
        // Modal: the page behind is out of reach, Escape closes, and focus goes back to the button.
        dialog.showModal();
        close.focus();
      });
      close.addEventListener('click', () => dialog.close());
      dialog.addEventListener('click', (event) => {
        if (event.target === dialog) dialog.close();
      });
      dialog.addEventListener('close', () => {
        dialog.querySelector('iframe')?.remove();
        open.focus();
      });
      this.#root.replaceChildren(open, dialog);
    }
  }

  customElements.define('limpid-why', LimpidWhy);
})();
