/** `evercall/audio-worklet`: the processors as a file, for pages whose Content-Security-Policy allows no blob. */
import { registerProcessors } from './worklet.js';

registerProcessors();
