/** The newest glibc that wheels may want where no base is named: that of `debian:bookworm`. */
export const usualGlibc = '2.36'
