/** (to be written) */
