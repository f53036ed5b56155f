//! What every block emits, and how it is split until the epoch pays it.

use super::{Subnet, fixed::Fixed};

/// What the subnet has gathered since its last epoch and has not paid out yet, rao of alpha.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    pub(super) server: u64,
    pub(super) validator: u64,
    pub(super) root: u64,
    pub(super) owner: u64,
}

impl Subnet {
    /// Emits one block's TAO and alpha.
    pub(super) fn emit(&mut self) {
        let alpha = self.rules.alpha_emission;
        let most_beside = self.root_proportion().mul(Fixed::whole(alpha));
        let (_, bought) = self.pool.emit(self.rules.tao_emission, most_beside);
        self.alpha_out = self.alpha_out.saturating_add(bought).saturating_add(alpha);
        // Root's part of the stakers' alpha is taken anew, now that the block's alpha counts.
        let root_part = self.root_proportion();

        let owner = if self.rules.owner_cut_enabled {
            let cut = Fixed::ratio(u64::from(self.rules.subnet_owner_cut), u64::from(u16::MAX));
            Fixed::whole(alpha).mul(cut)
        } else {
            Fixed::default()
        };
        // Parts are cut only when they are booked, so that what is cut off is not another's gain.
        let rest = Fixed::whole(alpha).sub(owner);
        let root = root_part.mul(rest).mul(Fixed::HALF);
        let server = rest.mul(Fixed::HALF);
        let validator = rest.sub(root).sub(server).floor();
        let add = |pending: &mut u64, amount: u64| *pending = pending.saturating_add(amount);
        add(&mut self.pending.owner, owner.floor());
        add(&mut self.pending.server, server.floor());
        add(&mut self.pending.validator, validator);
        if self.rules.root_dividends {
            add(&mut self.pending.root, root.floor());
        } else {
            self.alpha_out = self.alpha_out.saturating_sub(root.floor());
        }
    }

    /// How much of the subnet's stake is root's: weighted root TAO against it and all the subnet's alpha.
    fn root_proportion(&self) -> Fixed {
        if self.root_tao == 0 {
            return Fixed::default();
        }
        let root = Fixed::whole(self.root_tao).mul(self.tao_weight);
        root.div(root.add(Fixed::whole(self.pool.alpha.saturating_add(self.alpha_out))))
    }
}
